using System.Text.RegularExpressions;
using PeerRegistry.Api.Tests.ForwardAuth;
using YamlDotNet.RepresentationModel;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>docker-compose.yml as <c>docker compose</c> reads it, with the variables of a <c>.env</c> filled in.</summary>
internal static partial class Compose
{
    /// <summary>What a service's container is started with, beside what its image sets.</summary>
    /// <param name="env">The variables in <c>.env</c>.</param>
    public static IReadOnlyDictionary<string, string> Environment(string service, IReadOnlyDictionary<string, string> env)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Path.Combine(DeployTests.Root(), "docker-compose.yml"))));
        var described = (YamlMappingNode)yaml.Documents[0].RootNode["services"][service];
        return described.Children.TryGetValue("environment", out var set)
            ? ((YamlMappingNode)set).Children.ToDictionary(each => $"{each.Key}", each => Fill(((YamlScalarNode)each.Value).Value!, env))
            : new Dictionary<string, string>();
    }

    /// <summary>What the image of the registry sets.</summary>
    public static IReadOnlyDictionary<string, string> ImageEnvironment() =>
        ImageSetting().Matches(File.ReadAllText(Path.Combine(DeployTests.Root(), "Dockerfile"))).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);

    /// <summary>A variable that is needed and missing is an error, as it is there.</summary>
    private static string Fill(string value, IReadOnlyDictionary<string, string> env) => Variable().Replace(value, variable =>
    {
        var (name, otherwise) = (variable.Groups["name"].Value, variable.Groups["otherwise"].Value);
        return env.GetValueOrDefault(name) is { Length: > 0 } given ? given
            : variable.Groups["how"].Value == "-" ? otherwise
            : throw new InvalidOperationException($"{name}: {otherwise}");
    });

    [GeneratedRegex(@"\$\{(?<name>\w+)(?::(?<how>[-?])(?<otherwise>[^}]*))?\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(\w+__\w+)=(\S+)")]
    private static partial Regex ImageSetting();
}
