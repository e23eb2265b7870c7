using System.Runtime.CompilerServices;

namespace PeerRegistry.Tests;

/// <summary>
/// A test that tries many generated inputs. Mutation testing repeats each test for many mutants, so it skips these: they take seconds,
/// and a mutant that only one random input detects would survive the next run.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PropertyAttribute : FactAttribute
{
    public const string SkipReason = "Mutation testing skips long tests.";

    public PropertyAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        if (IsMutationRun)
            Skip = SkipReason;
    }

    /// <summary>Set by <c>./run mutation</c>.</summary>
    public static bool IsMutationRun => Environment.GetEnvironmentVariable("PEERREGISTRY_MUTATION") == "1";
}
