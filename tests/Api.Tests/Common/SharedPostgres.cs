using PeerRegistry.Tests;

[assembly: AssemblyFixture(typeof(TestPostgres))]
