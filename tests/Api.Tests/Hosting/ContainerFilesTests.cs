using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using PeerRegistry.Api.Cli;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Infrastructure;
using YamlDotNet.RepresentationModel;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>No container engine runs here, so the files for one are read: they parse, and name only what there is.</summary>
public sealed class ContainerFilesTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../.."));

    private readonly YamlMappingNode compose = Yaml("docker-compose.yml");
    private readonly string dockerfile = File.ReadAllText(Path.Combine(Root, "Dockerfile"));

    [Fact]
    public void Compose_names_a_registry_its_database_and_a_proxy() => Assert.Equal(["registry", "postgres", "caddy"], Names(At(compose, "services")));

    [Fact]
    public void Every_setting_of_the_registry_exists_and_has_a_good_value()
    {
        var settings = Environment().ToDictionary(s => s.Name.Replace("__", ":", StringComparison.Ordinal), s => (string?)s.Value);
        var options = RegistryConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), InfrastructureModule.Faults);
        Assert.Equal("Host=postgres;Username=registry;Database=registry", options.ConnectionStrings.Registry);
        Assert.Equal("registry", Text(At(compose, "services", "postgres", "environment", "POSTGRES_USER")));
        Assert.Equal("registry", Text(At(compose, "services", "postgres", "environment", "POSTGRES_DB")));
    }

    [Fact]
    public void Apps_find_the_core_as_portal_core_on_port_80_and_the_proxy_finds_both_listeners()
    {
        Assert.Contains("portal_edge", ((YamlSequenceNode)At(compose, "services", "registry", "networks", "core", "aliases")).Select(Text));
        Assert.Equal(["portal_core", "shard_core"],
            ((YamlSequenceNode)At(Yaml("deploy/apps/postcards.yml"), "services", "registry", "networks", "postcards", "aliases")).Select(Text));
        var settings = Environment().ToDictionary(s => s.Name, s => s.Value);
        Assert.Equal("http://0.0.0.0:80", settings["Listen__Internal"]);
        Assert.Equal("portal_edge:80", settings["Proxy__Internal"]);
        Assert.Equal("portal_edge:" + new Uri(settings["Listen__Edge"]).Port, settings["Proxy__Edge"]);
        Assert.Subset(Names(At(compose, "services", "caddy", "networks")).ToHashSet(), new HashSet<string> { "core" });
    }

    [Fact]
    public void Every_network_volume_file_and_service_that_is_named_is_there()
    {
        var (networks, volumes, services) = (Names(At(compose, "networks")), Names(At(compose, "volumes")), Names(At(compose, "services")));
        foreach (var (_, service) in ((YamlMappingNode)At(compose, "services")).Children)
        {
            Assert.Subset(networks.ToHashSet(), Names(At(service, "networks")).ToHashSet());
            if (Find(service, "depends_on") is { } needed)
                Assert.Subset(services.ToHashSet(), (needed is YamlSequenceNode list ? list.Select(Text) : Names(needed)).ToHashSet());
            foreach (var source in ((YamlSequenceNode)At(service, "volumes")).Select(volume => Text(volume).Split(':')[0]))
                Assert.True(source.StartsWith('.') ? Path.Exists(Path.Combine(Root, source)) : volumes.Contains(source), source);
        }

        Assert.Equal(".", Text(At(compose, "services", "registry", "build")));
        Assert.True(File.Exists(Path.Combine(Root, "deploy/gateway/caddy/Caddyfile")));
    }

    [Fact]
    public void The_image_is_built_from_and_starts_what_there_is()
    {
        var project = Regex.Match(dockerfile, @"dotnet publish (\S+)").Groups[1].Value;
        Assert.True(File.Exists(Path.Combine(Root, project)), project);
        var program = Regex.Match(dockerfile, @"ENTRYPOINT \[""dotnet"", ""(\S+)""\]").Groups[1].Value;
        Assert.Equal(typeof(Program).Assembly.GetName().Name + ".dll", program);
        Assert.Contains($"dotnet {program} proxy-config caddy", File.ReadAllText(Path.Combine(Root, "docker-compose.yml")), StringComparison.Ordinal);
    }

    /// <summary>What the registry's container sees: the image's settings and the service's, without PGPASSWORD, which the database driver reads.</summary>
    private static IEnumerable<(string Name, string Value)> Environment() =>
        Compose.ImageEnvironment()
            .Concat(Compose.Environment("registry", new Dictionary<string, string> { ["PORTAL_ZONE"] = "example.org", ["POSTGRES_PASSWORD"] = "secret" }))
            .Where(setting => setting.Key != "PGPASSWORD").Select(setting => (setting.Key, setting.Value));

    private static YamlMappingNode Yaml(string name)
    {
        var yaml = new YamlStream();
        using var file = File.OpenText(Path.Combine(Root, name));
        yaml.Load(file);
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static YamlNode? Find(YamlNode node, string name) =>
        ((YamlMappingNode)node).Children.TryGetValue(new YamlScalarNode(name), out var found) ? found : null;

    private static YamlNode At(YamlNode node, params string[] path) =>
        path.Aggregate(node, (at, name) => Find(at, name) ?? throw new InvalidDataException($"no {name}"));

    private static List<string> Names(YamlNode node) => [.. ((YamlMappingNode)node).Children.Keys.Select(Text)];

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static string Here([CallerFilePath] string path = "") => path;
}
