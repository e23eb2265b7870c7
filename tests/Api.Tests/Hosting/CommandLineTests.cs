namespace PeerRegistry.Api.Tests.Hosting;

public sealed class CommandLineTests : IDisposable
{
    private readonly TemporaryData data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("portal --help")]
    [InlineData("portal add --help")]
    [InlineData("portal add --name Second --help")]
    [InlineData("proxy-config caddy --help")]
    [InlineData("nonsense --help")]
    [InlineData("--Portal:Name=Ada --help")]
    public async Task Help_is_printed_wherever_it_is_asked_for_and_nothing_is_started(string words)
    {
        var (code, said, errors) = await RegistryProcess.Run(data.Directory, words.Split(' '));
        Assert.Equal((0, ""), (code, errors.Trim()));
        Assert.Contains(said, line => line.StartsWith("Usage:", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("./run portal add --name", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(data.Directory));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("portal")]
    [InlineData("portal delete")]
    [InlineData("portal add Second")]
    [InlineData("portal add --nmae Second")]
    [InlineData("portal add --name")]
    [InlineData("portal add --name \u200B")]
    [InlineData("proxy-config")]
    [InlineData("proxy-config apache")]
    [InlineData("db")]
    [InlineData("db drop")]
    [InlineData("--verbose")]
    [InlineData("--Portl:Name=Ada")]
    [InlineData("--Portal:Name")]
    [InlineData("@words")]
    public async Task Unknown_arguments_get_the_usage_and_create_nothing(string words)
    {
        var (code, said, errors) = await RegistryProcess.Run(data.Directory, words.Split(' '));
        Assert.Equal(2, code);
        Assert.Empty(said);
        Assert.Contains("Usage:", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(data.Directory));
    }

    [Theory]
    [InlineData("--Portal:KeyType=dsa --Portal:PublicPort=0")]
    [InlineData("portal add --Portal:KeyType=dsa --name Second --Portal:PublicPort=0")]
    [InlineData("--portal:keytype=dsa --portal:publicport=0 proxy-config nginx")]
    public async Task Settings_are_read_from_the_command_line_beside_any_command(string words)
    {
        var (code, said, errors) = await RegistryProcess.Run(data.Directory, words.Split(' '));
        Assert.Equal(1, code);
        Assert.Empty(said);
        Assert.Equal(["Portal__KeyType", "Portal__PublicPort"],
            errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_schema_is_applied_and_compared_without_a_start()
    {
        var (before, _, differences) = await RegistryProcess.Run(data.Directory, ["db", "assert"]);
        Assert.Equal((1, "The database has no schema of the registry."), (before, differences.Trim()));

        var (applied, _, _) = await RegistryProcess.Run(data.Directory, ["db", "apply"]);
        Assert.Equal(0, applied);

        var (after, said, _) = await RegistryProcess.Run(data.Directory, ["db", "assert"]);
        Assert.Equal(0, after);
        Assert.Equal(["The schema of the database is the one of this version."], said);
    }
}
