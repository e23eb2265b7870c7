using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Pages;

/// <summary>Answers to requests for pages and forms.</summary>
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

    /// <summary>After a form: another page, so that a reload sends nothing again.</summary>
    /// <param name="done">Of the sentences of <see cref="Pages.Done"/>.</param>
    public static IResult Done(string path, string done) => Results.Redirect($"{path}?done={done}", permanent: false, preserveMethod: false);
}
