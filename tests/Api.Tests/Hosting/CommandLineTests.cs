using System.CommandLine;
using System.CommandLine.Help;
using System.Diagnostics;
using PeerRegistry.Api.Cli;
using PeerRegistry.Api.Tests.ForwardAuth;

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
    [InlineData("pair --help")]
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

    /// <summary>A command that is added later is among these, too.</summary>
    [Fact]
    public void Every_way_to_ask_any_command_for_help_does_nothing_else()
    {
        var root = CommandLine.Root([]);
        var ways = root.Options.OfType<HelpOption>().Single() is var help ? help.Aliases.Append(help.Name).ToList() : [];
        Assert.Superset(new HashSet<string> { "--help", "-h", "-?", "/h", "/?" }, ways.ToHashSet());
        var paths = Paths(root, []).ToList();
        Assert.Contains("portal add", paths.Select(path => string.Join(' ', path)));
        foreach (var (path, way) in paths.SelectMany(path => ways, (path, way) => (path, way)))
        {
            foreach (string[] words in new string[][] { [.. path, way], [way, .. path], [.. path, "nonsense", way], [.. path, way, "nonsense"] })
            {
                using var said = new StringWriter();
                var parsed = root.Parse(words);
                Assert.Equal("HelpWithExamples", parsed.Action?.GetType().Name);
                Assert.Equal(0, parsed.Invoke(new InvocationConfiguration { Output = said }));
                Assert.Contains("Usage:", said.ToString(), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>The script builds nothing and installs nothing for it: there is not one program that it could do so with.</summary>
    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    [InlineData("--Portal:Name=Ada --help")]
    [InlineData("--watch --help")]
    [InlineData("demo --help")]
    [InlineData("demo --once -h")]
    [InlineData("bench --help")]
    [InlineData("screenshots --help")]
    [InlineData("mutation Domain.Specs --help")]
    public async Task The_script_explains_itself_and_runs_nothing(string words)
    {
        var start = new ProcessStartInfo("/bin/bash", [Path.Combine(DeployTests.Root(), "run"), .. words.Split(' ')]) { RedirectStandardOutput = true };
        var programs = Directory.CreateDirectory(Path.Combine(data.Directory, "programs")).FullName;
        foreach (var program in new[] { "sed", "dirname", "readlink" })
            File.CreateSymbolicLink(Path.Combine(programs, program), $"/usr/bin/{program}");
        start.Environment["PATH"] = programs;
        using var script = Process.Start(start)!;
        var said = await script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, script.ExitCode);
        Assert.Contains("./run demo", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("portal")]
    [InlineData("portal delete")]
    [InlineData("portal add Second")]
    [InlineData("portal add --nmae Second")]
    [InlineData("portal add --name")]
    [InlineData("portal add --name \u200B")]
    [InlineData("portal import")]
    [InlineData("portal import . --visibility some")]
    [InlineData("proxy-config")]
    [InlineData("proxy-config apache")]
    [InlineData("pair anna")]
    [InlineData("pair --portal abc")]
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
    public async Task A_passphrase_in_the_arguments_is_refused()
    {
        var (code, said, errors) = await RegistryProcess.Run(data.Directory, ["backup", "a.backup", "--backup:passphrase=four quiet words"]);
        Assert.Equal((2, 0), (code, said.Count));
        Assert.Contains("Backup__Passphrase", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("four quiet words", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(data.Directory));
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

    private static IEnumerable<string[]> Paths(Command command, string[] path) =>
        [path, .. command.Subcommands.SelectMany(each => Paths(each, [.. path, each.Name]))];
}
