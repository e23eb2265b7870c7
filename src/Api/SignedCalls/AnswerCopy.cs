using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>Passes a peer's answer on: the head once, then each piece as it comes.</summary>
internal static class AnswerCopy
{
    private const int Piece = 16 * 1024;

    public static async Task ToCaller(PeerCallAnswer answer, HttpContext context)
    {
        context.Response.StatusCode = answer.Status;
        var fields = answer.Fields;
        for (var i = 0; i < fields.Count; i++)
            context.Response.Headers.Append(fields[i].Key, fields[i].Value);

        try
        {
            if (answer.Status == StatusCodes.Status101SwitchingProtocols)
                await Tunnel(answer, context);
            else
                await Body(answer, context);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException or RefusedException)
        {
            context.Abort(); // an answer that breaks off must not look whole
        }
    }

    private static async Task Body(PeerCallAnswer answer, HttpContext context)
    {
        var to = context.Response.BodyWriter;
        await context.Response.StartAsync(answer.Cut);
        var begun = answer.Body.ReadAsync(Memory<byte>.Empty, answer.Cut);
        if (!begun.IsCompleted)
            await to.FlushAsync(answer.Cut); // the head need not wait for the body, but both go together where both are there
        if (answer.Status == StatusCodes.Status205ResetContent)
            return; // which has no body (RFC 9110 section 15.3.6), whatever the peer sends

        await begun;
        for (var room = 1; await answer.Body.ReadAsync(to.GetMemory(room), answer.Cut) is > 0 and var read; room = Piece) // a small one beside the head
        {
            to.Advance(read);
            var taken = to.FlushAsync(answer.Cut);
            answer.AwaitsCaller = !taken.IsCompleted;
            await taken;
            answer.AwaitsCaller = false;
            answer.Moved(read);
        }

        if (answer.Trailers is not { Count: > 0 } trailers || !context.Response.SupportsTrailers())
            return;
        foreach (var (name, value) in trailers)
            context.Response.AppendTrailer(name, value);
    }

    private static async Task Tunnel(PeerCallAnswer answer, HttpContext context)
    {
        context.Response.Headers.Connection = "Upgrade";
        context.Response.Headers.Upgrade = "websocket";
        await using var caller = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(answer.Cut);
        await Task.WhenAll(Pump(caller, answer.Body, answer, end), Pump(answer.Body, caller, answer, end));
    }

    /// <summary>The side that closes first ends both: a WebSocket has said good-bye before it does.</summary>
    private static async Task Pump(Stream from, Stream to, PeerCallAnswer answer, CancellationTokenSource end)
    {
        var buffer = new byte[Piece];
        try
        {
            while (await from.ReadAsync(buffer, end.Token) is > 0 and var read)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), end.Token);
                await to.FlushAsync(end.Token);
                answer.Moved(read);
            }
        }
        catch (OperationCanceledException) when (!answer.Cut.IsCancellationRequested)
        {
            // the other direction came to its end
        }
        finally
        {
            await end.CancelAsync();
        }
    }
}
