using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Audit;
using PeerRegistry.Api.Circles;
using PeerRegistry.Api.Devices;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Api.Peers;
using PeerRegistry.Api.Portals;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Hosting;

/// <summary>Adds the pages: Razor components that are rendered once, on the server, and are not interactive in the browser.</summary>
internal static class PageModule
{
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddSingleton<IProblemPage, PageProblems>();
        services.AddSingleton<Undo>();
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

    /// <summary>Maps all pages and forms of the owner and of visitors, on the listener <paramref name="edge"/>.</summary>
    public static void MapPages(this IEndpointRouteBuilder edge)
    {
        edge.MapSiteFiles();
        var pages = edge.MapGroup("").ExcludeFromDescription().WithMetadata(new ReadByPeople());
        PhoneApp.Map(pages);
        pages.MapPublicPages();
        pages.MapPairPages();
        pages.MapInvitePage();
        pages.MapAddMePages();

        var owner = pages.MapGroup("").RequireAuthorization(Policies.Owner);
        owner.AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-cache, no-store"; // required for the antiforgery tokens in the pages
            context.HttpContext.Response.Headers.Pragma = "no-cache";
            var services = context.HttpContext.RequestServices;
            services.GetRequiredService<CurrentPortal>().MarkState(
                services.GetRequiredService<IPortalChanges>(), services.GetRequiredService<IPortalSnapshots>());
            return next(context);
        });
        LiveStream.Map(owner);
        Undo.Map(owner);
        owner.MapHomePages();
        owner.MapCheckPages();
        owner.MapPeerPages();
        owner.MapCirclePages();
        owner.MapAddPeerPages();
        owner.MapBulkPages();
        owner.MapImportPages();
        owner.MapInboxPages();
        owner.MapAppPages();
        owner.MapDevicePages();
        owner.MapRecoveryPages();
        owner.MapProfilePages();
        owner.MapHistoryPages();
    }
}
