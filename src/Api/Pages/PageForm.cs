using System.Reflection;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Metadata;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// What one of our own pages sent. There is no other way to one than past the antiforgery check, so an endpoint that takes a form
/// cannot forget it.
/// </summary>
public sealed class PageForm : IEndpointParameterMetadataProvider
{
    /// <summary>Half of the antiforgery token; the other half is in the form.</summary>
    public const string Cookie = "__Host-portal-form";

    private readonly IFormCollection fields;

    private PageForm(IFormCollection fields) => this.fields = fields;

    /// <returns>Without blanks around it; null where nothing was written.</returns>
    public string? this[string name] => fields[name].ToString().Trim() is { Length: > 0 } text ? text : null;

    /// <returns>Of a field that comes several times, or of ticked boxes.</returns>
    public IReadOnlyList<string> All(string name) => [.. fields[name].OfType<string>()];

    public bool Has(string name) => fields.ContainsKey(name);

    public IFormFile? File(string name) => fields.Files.GetFile(name) is { Length: > 0 } file ? file : null;

    /// <summary>For routing, which refuses every other content type with 415.</summary>
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/x-www-form-urlencoded", "multipart/form-data"]));

    /// <summary>For minimal APIs, which call it for a parameter of this type.</summary>
    public static async ValueTask<PageForm?> BindAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
            throw new BadHttpRequestException("A form is needed.", StatusCodes.Status415UnsupportedMediaType);
        if (!context.Request.Cookies.ContainsKey(Cookie))
            throw Outdated(); // before a byte of it is read

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

    /// <summary>The antiforgery check would read it, too, but take every failure for a missing token.</summary>
    private static async Task<IFormCollection> Read(HttpContext context)
    {
        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or (IOException and not BadHttpRequestException))
        {
            // Too many fields, a part in an encoding that nobody reads, or a body that ends too early.
            throw new RefusedException(RefusalKind.Invalid, "request_invalid", "This form cannot be read.");
        }
    }

    private static RefusedException Outdated() => new(RefusalKind.Forbidden, "form_outdated",
        "This form was not sent from a page of this Portal, or the page is too old. Go back, reload it and try again.");
}

/// <summary>A form that was turned down, so that its page can show what was typed and say what is wrong where it is wrong.</summary>
/// <param name="Form">Which form of the page.</param>
/// <param name="Field">Which field of it.</param>
public sealed record FormFailure(string Form, string Field, RefusedException Refused, PageForm Typed);
