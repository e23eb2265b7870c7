using System.Globalization;
using Microsoft.Net.Http.Headers;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// The languages of the pages. The owner's profile chooses one for the owner's pages; without a choice, and for everybody else, the browser's
/// <c>Accept-Language</c> does (RFC 9110 section 12.5.4). The texts stand in the resource files beside the pages; English is the neutral one.
/// </summary>
/// <remarks>The process runs without the ICU library, so what a language needs of dates and numbers stands here.</remarks>
internal static class Languages
{
    public static readonly CultureInfo English = Define("en", ",", ".", "d MMMM yyyy", "d MMM yyyy, HH:mm", CultureInfo.InvariantCulture.DateTimeFormat.MonthNames);

    public static readonly CultureInfo German = Define("de", ".", ",", "d. MMMM yyyy", "d. MMM yyyy, HH:mm",
        ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember", ""]);

    /// <summary>The neutral language first.</summary>
    public static readonly IReadOnlyList<CultureInfo> All = [English, German];

    /// <summary>Pages and their refusals are written in this language. English for everything that is no page.</summary>
    public static CultureInfo Current => All.FirstOrDefault(l => l.Name == CultureInfo.CurrentUICulture.Name) ?? English;

    /// <returns>The name of a language in that language.</returns>
    public static string Named(string tag) => tag == German.Name ? "Deutsch" : "English";

    /// <summary>Sets the language of everything that the calling method writes from here on.</summary>
    public static void Use(HttpContext context)
    {
        var chosen = context.User.Identity is { IsAuthenticated: true }
            ? context.RequestServices.GetRequiredService<CurrentPortal>().Snapshot.Portal.Language
            : null;
        var language = All.FirstOrDefault(l => l.Name == chosen) ?? Accepted(context.Request);
        CultureInfo.CurrentUICulture = language;
        CultureInfo.CurrentCulture = language;
        context.Response.Headers.ContentLanguage = language.Name;
        context.Response.Headers.Vary = HeaderNames.AcceptLanguage;
    }

    /// <returns>The language of the browser's list that it likes best and that there is, else English.</returns>
    private static CultureInfo Accepted(HttpRequest request)
    {
        var best = (Language: English, Quality: 0.0);
        foreach (var wanted in request.GetTypedHeaders().AcceptLanguage)
        {
            var language = All.FirstOrDefault(l => wanted.Value.Equals(l.Name, StringComparison.OrdinalIgnoreCase)
                || wanted.Value.StartsWith($"{l.Name}-", StringComparison.OrdinalIgnoreCase));
            if (language is not null && (wanted.Quality ?? 1) > best.Quality)
                best = (language, wanted.Quality ?? 1);
        }

        return best.Language;
    }

    private static CultureInfo Define(string tag, string groups, string decimals, string date, string dateAndTime, string[] months)
    {
        var language = new CultureInfo(tag);
        language.NumberFormat.NumberGroupSeparator = groups;
        language.NumberFormat.NumberDecimalSeparator = decimals;
        language.NumberFormat.NumberDecimalDigits = 0;
        language.DateTimeFormat.LongDatePattern = date;
        language.DateTimeFormat.FullDateTimePattern = dateAndTime;
        language.DateTimeFormat.MonthNames = months;
        language.DateTimeFormat.MonthGenitiveNames = months;
        var abbreviated = Array.ConvertAll(months, m => m.Length > 3 ? m[..3] : m);
        language.DateTimeFormat.AbbreviatedMonthNames = abbreviated;
        language.DateTimeFormat.AbbreviatedMonthGenitiveNames = abbreviated;
        return CultureInfo.ReadOnly(language);
    }
}

/// <summary>Marks the endpoints whose answers people read.</summary>
internal sealed class ReadByPeople;

/// <summary>Sets the language of pages. It stands behind authorization, since the owner's choice counts only for the owner.</summary>
internal sealed class PageLanguage(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<ReadByPeople>() is not null)
            Languages.Use(context);
        return next(context);
    }
}
