using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Pages;

/// <summary>Results for requests of pages and forms.</summary>
internal static class PageResults
{
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

    /// <summary>Redirects to a page after a form, so that a reload does not send the form again.</summary>
    /// <param name="done">The key of the sentence in <see cref="Pages.Done"/> that the page shows.</param>
    public static IResult Done(string path, string done) => Results.Redirect($"{path}?done={done}", permanent: false, preserveMethod: false);
}
