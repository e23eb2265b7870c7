using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Audit;
using PeerRegistry.Api.Devices;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Api.Peers;
using PeerRegistry.Api.Portals;

namespace PeerRegistry.Api.Hosting;

/// <summary>Pages are Razor components rendered once, on the server. Nothing of them lives on in the browser.</summary>
internal static class PageModule
{
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddSingleton<IProblemPage, PageProblems>();
        services.Configure<FormOptions>(BodyLimit.KeepInMemory);
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = PageForm.Cookie;
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
}
