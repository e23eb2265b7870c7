using Xunit;

namespace PeerRegistry.Tests;

/// <summary>The server that all tests of an assembly share, each with a database of its own.</summary>
public sealed class TestPostgres : ThrowawayPostgres, IAsyncLifetime;
