using System.Net;
using System.Text.Json;

namespace PeerRegistry.Client;

/// <summary>The core refused a request, or could not carry it out. What a peer's app answers is never one, whatever its status.</summary>
public sealed class PortalException : HttpRequestException
{
    /// <summary>The code of an answer that is no problem (RFC 9457), so that something else than a core probably answered.</summary>
    public const string NotAProblem = "answer_not_understood";

    private const int MaxProblemBytes = 64 << 10;

    private PortalException(HttpStatusCode status, string code, string? reason, string? detail, TimeSpan? retryAfter)
        : base(detail is null ? $"The core answered {(int)status} {code}." : $"{code}: {detail}", null, status) =>
        (Code, Reason, RetryAfter) = (code, reason, retryAfter);

    /// <summary>A stable code in snake case, such as <c>peer_unknown</c>.</summary>
    public string Code { get; }

    /// <summary>A second stable code that says why, such as <c>certificate_expired</c>, or null if there is none.</summary>
    public string? Reason { get; }

    /// <summary>How long to wait before the next attempt, or null if the core does not say.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <param name="code">The code in the head of the answer, or null if only its body has it.</param>
    internal static async Task<PortalException> Read(HttpResponseMessage answer, string? code, TimeSpan? retryAfter, CancellationToken ct)
    {
        try
        {
            await answer.Content.LoadIntoBufferAsync(MaxProblemBytes, ct);
            using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(ct));
            return new PortalException(
                answer.StatusCode, code ?? Text(body, "code") ?? NotAProblem, Text(body, "reason"), Text(body, "detail"), retryAfter);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or HttpRequestException) // no JSON, no object, or too long
        {
            return new PortalException(answer.StatusCode, code ?? NotAProblem, null, null, retryAfter);
        }
    }

    private static string? Text(JsonDocument body, string member) =>
        body.RootElement.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
