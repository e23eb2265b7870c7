using System.Reflection;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Metadata;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// A form that was sent from one of our own pages. It can only be obtained through the antiforgery check, so an endpoint with a form cannot omit
/// the check.
/// </summary>
public sealed class PageForm : IEndpointParameterMetadataProvider
{
    /// <summary>The cookie with one half of the antiforgery token. The other half is in the form.</summary>
    public const string Cookie = "__Host-portal-form";

    private readonly IFormCollection fields;

    private PageForm(IFormCollection fields) => this.fields = fields;

    /// <returns>The trimmed value, or null if it is empty.</returns>
    public string? this[string name] => fields[name].ToString().Trim() is { Length: > 0 } text ? text : null;

    /// <returns>The values of a repeated field, such as those of the checked boxes.</returns>
    public IReadOnlyList<string> All(string name) => [.. fields[name].OfType<string>()];

    public bool Has(string name) => fields.ContainsKey(name);

    public IFormFile? File(string name) => fields.Files.GetFile(name) is { Length: > 0 } file ? file : null;

    /// <summary>Tells routing the accepted content types. It refuses all others with 415.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/x-www-form-urlencoded", "multipart/form-data"]));

    /// <summary>Binds a parameter of this type. Minimal APIs call it by convention.</summary>
    public static async ValueTask<PageForm?> BindAsync(HttpContext context)
    {
        RequireForm(context.Request);
        if (!context.Request.Cookies.ContainsKey(Cookie))
            throw Outdated(); // before the body is read

        var fields = await Read(context);
        try
        {
            await context.RequestServices.GetRequiredService<IAntiforgery>().ValidateRequestAsync(context);
        }
        catch (AntiforgeryValidationException)
        {
            throw Outdated();
        }

        return new PageForm(fields);
    }

    /// <summary>Reads a form without the antiforgery check, which would report every failure to read it as a missing token.</summary>
    internal static async Task<IFormCollection> Read(HttpContext context)
    {
        RequireForm(context.Request);
        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or (IOException and not BadHttpRequestException))
        {
            // There are too many fields, a part has an unknown encoding, or the body is incomplete.
            throw new RefusedException(RefusalKind.Invalid, "request_invalid", "This form cannot be read.");
        }
    }

    private static void RequireForm(HttpRequest request)
    {
        if (!request.HasFormContentType)
            throw new BadHttpRequestException("This address requires a form.", StatusCodes.Status415UnsupportedMediaType);
    }

    private static RefusedException Outdated() => new(RefusalKind.Forbidden, "form_outdated",
        "This form was not sent from a page of this Portal, or the page is too old. Go back, reload it and try again.");
}

/// <summary>A form that was refused. Its page shows what was typed, with the error at the field that caused it.</summary>
/// <param name="Form">The id of the form on the page.</param>
/// <param name="Field">The name of the field, or null if the error concerns the whole form.</param>
public sealed record FormFailure(string Form, string Field, RefusedException Refused, PageForm Typed);
