using System.Globalization;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// The sentences of refusals on pages. The refusals themselves say in English what is wrong, since programs read them, too. In another language the
/// sentence is chosen by the code, and says less precisely what is wrong where a code has several causes.
/// </summary>
internal static class Refusals
{
    /// <param name="message">The English sentence, or null if the code says all that is known.</param>
    public static string Text(string code, string? message) =>
        RefusalTexts.ResourceManager.GetString(code, CultureInfo.CurrentUICulture) ?? message ?? RefusalPageTexts.Mistyped;
}
