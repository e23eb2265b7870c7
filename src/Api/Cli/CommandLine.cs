using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Data.Common;
using System.Text.RegularExpressions;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Api.Hosting;

namespace PeerRegistry.Api.Cli;

/// <summary>
/// The command line of <c>./run</c>. Results go to standard output: help, the PAIR, VALID, READY and PORTAL lines, configurations. Errors and the
/// log go to standard error.
/// </summary>
internal static partial class CommandLine
{
    private const string Examples = """
        Examples:
          ./run                                          start the registry on ./data
          ./run --Portal:Zone=example.org                the same with a setting; docs/configuration.md has them all
          ./run portal add --name "Book club"            create a further Portal, whether the registry is running or not
          ./run portal import DIR --dry-run              print what of an original core's data folder would be imported
          ./run pair                                     print a fresh link that pairs a browser, if no paired one is at hand
          ./run backup portal.backup                     write everything, keys included, to one encrypted file; also while running
          ./run restore portal.backup                    restore it into an empty place, here or on another machine
          ./run proxy-config caddy --gateway > Caddyfile write the configuration of a proxy that passes everything on to the registry
          ./run proxy-config caddy > Caddyfile           write that of one that asks the registry about every request to an app
          ./run proxy-config nginx --watch portal.conf   write it again whenever apps change, and make nginx read it
          ./run openapi edge > docs/openapi/edge.json    write the description of the API, after changing an endpoint
        """;

    /// <summary>The configuration sections that the command line may set. All others belong to the framework and are no settings of the registry.</summary>
    private static readonly string[] Sections = [.. typeof(RegistryOptions).GetProperties().Select(p => p.Name), "Logging"];

    /// <returns>0 on success; 1 on failure, with the reasons on standard error; 2 on a usage error, after which nothing was started or created.</returns>
    public static async Task<int> Run(string[] args)
    {
        if (Array.Exists(args, word => word.StartsWith("--Backup:Passphrase=", StringComparison.OrdinalIgnoreCase)))
        {
            await Console.Error.WriteLineAsync("Everybody on this machine can read a passphrase in the arguments. Set Backup__Passphrase in the environment instead.");
            return 2;
        }

        var settings = args.Where(IsSetting).ToArray();
        var root = Root(settings);
        var parsed = root.Parse([.. args.Where(word => !IsSetting(word))], new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await root.Parse("--help").InvokeAsync(new InvocationConfiguration { Output = Console.Error });
            return 2;
        }

        try
        {
            // The host handles SIGTERM and SIGINT itself, and Failed below reports exceptions.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e)
        {
            foreach (var line in Reasons(e))
                await Console.Error.WriteLineAsync(line);
            return 1;
        }
    }

    internal static RootCommand Root(string[] settings)
    {
        var name = new Option<string?>("--name") { Description = "The name of the new Portal. Default: Portal__Name", HelpName = "NAME" };
        name.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<string?>() is { } text && !DisplayName.IsValid(text))
                given.AddError($"--name: {DisplayName.Rule}");
        });
        var add = new Command("add", "Create another Portal in the same registry, whether or not the registry is running.") { name };
        add.SetAction((parsed, _) => AddPortal.Run(settings, parsed.GetValue(name)));

        var apply = new Command("apply", "Bring the schema of the database up to date, as each start does.");
        apply.SetAction((_, _) => DatabaseCommands.Apply(settings));
        var assert = new Command("assert", "Compare the schema of the database with the one of this version, and change nothing.");
        assert.SetAction((_, _) => DatabaseCommands.Assert(settings));

        var root = new RootCommand("Starts the registry. Settings are given in the environment, or here as --Section:Name=value.")
        {
            new Command("portal", "Work with the Portals of this registry.") { add, ImportVerb.Command(settings) },
            PairVerb.Command(settings),
            ProxyConfigVerb.Command(settings),
            OpenApiVerb.Command(settings),
            new Command("db", "Work with the schema of the database.") { apply, assert },
        };
        foreach (var command in BackupVerbs.Commands(settings))
            root.Add(command);
        root.HelpName = "./run";
        root.SetAction((_, _) => Serve(settings));
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }

    private static async Task Serve(string[] settings)
    {
        await using var app = RegistryHost.Build(settings);
        await app.RunAsync();
    }

    private static bool IsSetting(string argument) =>
        Setting().Match(argument) is { Success: true } match && Sections.Contains(match.Groups["section"].Value, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reports a failure: the message alone for a port, directory, database or key that cannot be used, otherwise with the stack trace.</summary>
    private static IEnumerable<string> Reasons(Exception exception) => exception switch
    {
        StartRefusedException refused => refused.Faults,
        RefusedException refused => [$"{refused.Message} ({refused.Code})"],
        IOException or UnauthorizedAccessException or InvalidDataException or DbException => [exception.Message],
        _ => [exception.ToString()],
    };

    [GeneratedRegex(@"\A--(?<section>[A-Za-z]+)(:[^=:\s]+)+=")]
    private static partial Regex Setting();

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool Terminating => help.Terminating;

        public override bool ClearsParseErrors => help.ClearsParseErrors;

        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(Examples);
            return code;
        }
    }
}
