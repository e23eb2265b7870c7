using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// nginx cannot drop fields by how they begin, so it blanks in its question the names that it overwrites towards the
/// app; whatever of the family still arrives is what would pass.
/// </summary>
internal static class ReservedNames
{
    /// <exception cref="RefusedException"><c>header_reserved</c></exception>
    public static void Refuse(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (HeaderFilter.IsReserved(name))
                throw new RefusedException(RefusalKind.Invalid, "header_reserved", "Header names that begin with X-Ptl- are reserved for the core.");
        }
    }
}
