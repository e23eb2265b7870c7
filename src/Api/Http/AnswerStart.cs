namespace PeerRegistry.Api.Http;

internal static class AnswerStart
{
    /// <summary>Waits for the body of an answer that is forwarded to begin. If it is not there yet, the caller is sent the head alone.</summary>
    public static async ValueTask Wait(HttpContext context, HttpResponseMessage answer, CancellationToken ct)
    {
        var body = await answer.Content.ReadAsStreamAsync(ct);
        var begun = body.ReadAsync(Memory<byte>.Empty, ct);
        if (!begun.IsCompleted)
            await context.Response.Body.FlushAsync(ct);
        await begun;
    }
}
