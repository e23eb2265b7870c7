using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace PeerRegistry.Api.Kernel.Pages;

/// <summary>Pages are Razor components rendered once, on the server. Nothing of them lives on in the browser.</summary>
internal static class PageModule
{
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddSingleton<IProblemDetailsWriter, PageProblems>(); // asked before the JSON one, which takes everything
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "__Host-portal-form";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            antiforgery.FormFieldName = "form_token";
            antiforgery.HeaderName = null;
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        return services;
    }

    /// <summary>A page, never stored by anything on the way: it shows what only the owner may see.</summary>
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
}
