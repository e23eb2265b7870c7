using YamlDotNet.RepresentationModel;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>docker-compose.yml together with every file of an app in deploy/apps/, as <c>docker compose --file … --file …</c> merges them.</summary>
public sealed class ComposeTests
{
    private static readonly string[] Ours = ["registry", "caddy", "postgres"];

    [Fact]
    public void No_two_apps_share_a_network()
    {
        var members = Members();
        var apps = members.Values.SelectMany(each => each).Except(Ours).ToHashSet();
        Assert.NotEmpty(apps);
        foreach (var (network, services) in members.Where(each => each.Value.Overlaps(apps)))
        {
            Assert.Single(services.Intersect(apps));
            Assert.Equal(["registry"], services.Except(apps));
            Assert.False(network is "core" or "database" or "default");
        }
    }

    [Fact]
    public void The_database_is_reached_by_the_registry_only() =>
        Assert.Equal(["postgres", "registry"], Members()["database"].Order(StringComparer.Ordinal));

    private static Dictionary<string, HashSet<string>> Members()
    {
        var members = new Dictionary<string, HashSet<string>>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(DeployTests.Root(), "deploy/apps"))
            .Prepend(Path.Combine(DeployTests.Root(), "docker-compose.yml")))
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(File.ReadAllText(file)));
            foreach (var (name, service) in (YamlMappingNode)yaml.Documents[0].RootNode["services"])
            {
                // A service that names no network joins the default one, with all others that name none.
                var networks = ((YamlMappingNode)service).Children.TryGetValue("networks", out var named)
                    ? ((YamlMappingNode)named).Children.Keys.Select(key => key.ToString())
                    : ["default"];
                foreach (var network in networks)
                {
                    if (!members.TryGetValue(network, out var services))
                        members[network] = services = [];
                    services.Add(name.ToString());
                }
            }
        }

        return members;
    }
}
