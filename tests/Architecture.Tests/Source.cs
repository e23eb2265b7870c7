using System.Reflection;
using System.Runtime.CompilerServices;
using PeerRegistry.Api.Http;
using PeerRegistry.Application;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure;

namespace PeerRegistry.Architecture.Tests;

/// <summary>What is looked at: the four assemblies, and the files that they are made from.</summary>
internal static class Source
{
    public static readonly Assembly Domain = typeof(DomainEvent).Assembly;
    public static readonly Assembly Application = typeof(ApplicationModule).Assembly;
    public static readonly Assembly Infrastructure = typeof(InfrastructureModule).Assembly;
    public static readonly Assembly Api = typeof(Policies).Assembly;

    public static IEnumerable<Type> AllTypes => new[] { Domain, Application, Infrastructure, Api }.SelectMany(a => a.GetTypes());

    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "../.."));

    public static IEnumerable<string> Files(string folder, string pattern) => Directory
        .EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
        .Where(f => !Path.GetRelativePath(Root, f).Split('/').Any(part => part is "bin" or "obj"));

    /// <summary>The word after <c>PeerRegistry.{project}.</c>; null for other namespaces.</summary>
    public static string? Feature(Type type) =>
        type.Namespace?.Split('.') is ["PeerRegistry", _, var feature, ..] ? feature : null;

    public static bool IsIn(this Type type, Assembly assembly) => type.Assembly == assembly;

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
