using PeerRegistry.Domain.Kernel;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// Names in which only the core speaks to apps: <c>X-Ptl-*</c>, also with <c>_</c> or <c>.</c> for <c>-</c>, which many frameworks
/// read alike. nginx cannot drop fields by how they begin, so it blanks in its question the names that it overwrites towards the
/// app; whatever of the family still arrives is what would pass.
/// </summary>
internal static class ReservedNames
{
    private const string Family = "X-Ptl-";

    /// <exception cref="RefusedException"><c>header_reserved</c></exception>
    public static void Refuse(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (name.Replace('_', '-').Replace('.', '-').StartsWith(Family, StringComparison.OrdinalIgnoreCase))
                throw new RefusedException(RefusalKind.Invalid, "header_reserved", "Header names that begin with X-Ptl- are the core's own.");
        }
    }
}
