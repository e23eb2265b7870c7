using System.Reflection;
using System.Text.RegularExpressions;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Architecture.Tests;

/// <summary>Domain, Application, Infrastructure, Api: each knows only those before it.</summary>
public sealed class ReferenceRules
{
    private static readonly string[] OutsideTheDomain = ["System.IO", "System.Net", "System.Data", "System.Diagnostics.Process", "System.Threading"];

    [Fact]
    public void Domain_has_no_package_and_no_project()
    {
        Assert.DoesNotContain("Reference", File.ReadAllText(Path.Combine(Source.Root, "src/Domain/Domain.csproj")), StringComparison.Ordinal);
        Assert.All(ReferencesOf(Source.Domain), name => Assert.StartsWith("System.", name, StringComparison.Ordinal));
    }

    [Fact]
    public void Domain_reads_no_file_no_network_and_no_clock()
    {
        var outside = Dependencies.Of(Source.Domain).Where(d =>
            d.To == typeof(TimeProvider) || OutsideTheDomain.Any(space => d.To.FullName!.StartsWith(space, StringComparison.Ordinal)));
        Assert.Empty(outside);
    }

    [Fact]
    public void Application_knows_neither_adapters_nor_HTTP_nor_the_database() => Assert.DoesNotContain(
        ReferencesOf(Source.Application),
        name => name is "PeerRegistry.Infrastructure" or "PeerRegistry.Api" or "Npgsql" || name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

    [Fact]
    public void Infrastructure_does_not_know_the_Api() => Assert.DoesNotContain("PeerRegistry.Api", ReferencesOf(Source.Infrastructure));

    [Fact]
    public void Api_names_Infrastructure_only_where_the_program_is_put_together()
    {
        var naming = Source.Files("src/Api", "*.cs").Concat(Source.Files("src/Api", "*.razor"))
            .Where(f => Regex.IsMatch(File.ReadAllText(f), @"^[^/\n]*\bInfrastructure\.|using PeerRegistry\.Infrastructure", RegexOptions.Multiline))
            .Select(f => Path.GetRelativePath(Path.Combine(Source.Root, "src/Api"), f));
        Assert.Equal(["Hosting/RegistryHost.cs"], naming);
    }

    /// <summary>What authors of apps install brings neither a package nor the registry, of which the fake has the rules alone.</summary>
    [Theory]
    [InlineData("PeerRegistry.Client")]
    [InlineData("PeerRegistry.Fake", "PeerRegistry.Domain")]
    [InlineData("PeerRegistry.Fake.Tool", "PeerRegistry.Fake")]
    public void A_package_for_apps_brings_nothing_but(string name, params string[] allowed)
    {
        var references = ReferencesOf(Assembly.Load(name)).ToList();
        Assert.Equal(allowed, references.Where(reference => reference.StartsWith("PeerRegistry.", StringComparison.Ordinal)));
        Assert.All(references, reference => Assert.Matches(@"^(PeerRegistry|System|Microsoft\.(AspNetCore|Extensions|Net|Win32))\b", reference));
        var project = File.ReadAllText(Path.Combine(Source.Root, $"sdk/dotnet/{name}/{name}.csproj"));
        Assert.DoesNotContain("PackageReference", project, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_of_the_domain_share_words_IDs_and_keys_only()
    {
        Type[] shared = [typeof(PortalId), typeof(ShortId), typeof(TypedPortalId), typeof(PublicKey), typeof(KeyKind), typeof(HumanEncoding),
            typeof(CircleId), typeof(CircleSet), typeof(InviteCode)];
        var across = Dependencies.Of(Source.Domain).Where(d =>
            d.To.IsIn(Source.Domain) && Source.Feature(d.From) != Source.Feature(d.To) && Source.Feature(d.To) is not (null or "Common")
                && !shared.Contains(d.To));
        Assert.Empty(across);
    }

    /// <summary>
    /// ForwardAuth and Audit read across features, and Originals makes what an original had in all of them, since that is what they are for. The others may
    /// read one another's aggregates, which the snapshots show; whoever decides names its events.
    /// </summary>
    [Fact]
    public void Features_of_the_application_share_aggregates_and_the_way_to_peers_only()
    {
        // which app sees which peer, which ends with the peer; an invite makes one
        Type[] joined = [typeof(Visibility), typeof(VisibilityMode), typeof(Circle), typeof(CircleId), typeof(CircleSet),
            typeof(IPeerContacts), typeof(PeerContact), typeof(IInvites), typeof(AppEvent),
            typeof(FindDefaultPortal), // the operator says where its apps listen
        ];
        var across = Dependencies.Of(Source.Application).Where(d =>
            Source.Feature(d.From) is not (null or "Common" or "Snapshots" or "ForwardAuth" or "Audit" or "Originals")
            && Source.Feature(d.To) is { } feature && feature != Source.Feature(d.From)
            && ((d.To.IsIn(Source.Application) && feature is not ("Common" or "Snapshots" or "SignedCalls"))
                || (d.To.IsIn(Source.Domain) && feature is not ("Common" or "Portals")))
            && !joined.Contains(d.To) && !IsAggregate(d.To));
        Assert.Empty(across);
    }

    [Fact]
    public void The_hot_path_touches_neither_the_store_nor_the_bus()
    {
        string[] kept = ["Marten", "Wolverine", "JasperFx", "Npgsql", "PeerRegistry.Infrastructure.Store"];
        Assembly[] assemblies = [Source.Application, Source.Infrastructure, Source.Api];
        var hot = assemblies.SelectMany(Dependencies.Of).Where(d => Source.Feature(d.From) is "ForwardAuth" or "SignedCalls" or "Forwarding" or "Gateway").ToList();

        Assert.Contains(hot, d => d.From == typeof(AuthorizeRequest));
        Assert.Contains(hot, d => d.From == typeof(CallPeer));
        Assert.DoesNotContain(hot,
            d => kept.Any(space => d.To.Namespace is { } used && (used == space || used.StartsWith(space + ".", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("Domain")]
    [InlineData("Application")]
    [InlineData("Infrastructure")]
    [InlineData("Api")]
    public void No_folder_uses_another_that_uses_it(string project)
    {
        var assembly = Source.AllTypes.Select(type => type.Assembly).Distinct().Single(a => a.GetName().Name == $"PeerRegistry.{project}");
        var uses = Dependencies.Of(assembly).Where(d => d.To.IsIn(assembly) && d.From.Namespace != d.To.Namespace)
            .ToLookup(d => d.From.Namespace!, d => d.To.Namespace!);
        Assert.NotEmpty(uses);
        Assert.All(uses, folder => Assert.DoesNotContain(folder.Key, Reached(folder, uses)));
    }

    private static bool IsAggregate(Type type) =>
        Array.Exists(type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IAggregate<,>));

    private static HashSet<string> Reached(IEnumerable<string> from, ILookup<string, string> uses)
    {
        var reached = new HashSet<string>();
        var open = new Queue<string>(from);
        while (open.TryDequeue(out var next))
        {
            if (reached.Add(next))
            {
                foreach (var further in uses[next])
                    open.Enqueue(further);
            }
        }

        return reached;
    }

    private static IEnumerable<string> ReferencesOf(Assembly assembly) => assembly.GetReferencedAssemblies().Select(a => a.Name!);
}
