namespace PeerRegistry.Api.Tests.Sdk;

[Collection(nameof(RealCore))]
public sealed class RealCoreTests(RealCore core) : CoreContract(core);

public sealed class FakeCoreTests(FakeCore core) : CoreContract(core), IClassFixture<FakeCore>;
