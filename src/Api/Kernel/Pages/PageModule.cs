using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Audit;
using PeerRegistry.Api.Devices;
using PeerRegistry.Api.Peers;
using PeerRegistry.Api.Portals;

namespace PeerRegistry.Api.Kernel.Pages;

/// <summary>Pages are Razor components rendered once, on the server. Nothing of them lives on in the browser.</summary>
internal static class PageModule
{
    /// <summary>Half of the antiforgery token; the other half is in the form.</summary>
    public const string FormCookie = "__Host-portal-form";

    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddSingleton<IProblemPage, PageProblems>();
        services.Configure<FormOptions>(BodyLimit.KeepInMemory);
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = FormCookie;
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            antiforgery.FormFieldName = "form_token";
            antiforgery.HeaderName = null;
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        return services;
    }

    /// <summary>Every page and form of the owner and of visitors; <paramref name="edge"/> is the listener they belong to.</summary>
    public static void MapPages(this IEndpointRouteBuilder edge)
    {
        edge.MapSiteFiles();
        var pages = edge.MapGroup("").ExcludeFromDescription();
        pages.MapPublicPages();
        pages.MapPairPages();
        pages.MapInvitePage();

        var owner = pages.MapGroup("").RequireAuthorization(Policies.Owner);
        owner.AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-cache, no-store"; // as the antiforgery tokens in them ask for
            context.HttpContext.Response.Headers.Pragma = "no-cache";
            return next(context);
        });
        owner.MapHomePages();
        owner.MapPeerPages();
        owner.MapInboxPages();
        owner.MapAppPages();
        owner.MapDevicePages();
        owner.MapProfilePages();
        owner.MapHistoryPages();
    }

    public static RazorComponentResult<T> Page<T>(object? model = null, FormFailure? failure = null)
        where T : IComponent
    {
        var parameters = new Dictionary<string, object?>();
        if (model is not null)
            parameters["Model"] = model;
        if (failure is not null)
            parameters["Failure"] = failure;
        return new RazorComponentResult<T>(parameters) { StatusCode = (int?)failure?.Refused.Kind };
    }

    /// <summary>After a form: another page, so that a reload sends nothing again.</summary>
    /// <param name="done">Of the sentences of <see cref="Kernel.Pages.Done"/>.</param>
    public static IResult Done(string path, string done) => Results.Redirect($"{path}?done={done}", permanent: false, preserveMethod: false);
}
