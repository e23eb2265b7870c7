using System.Text;
using System.Text.Json;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>Messages of rfc9421.json as our code sees messages.</summary>
internal static class Rfc9421Message
{
    internal static SignedMessage Read(JsonElement json)
    {
        var fields = new WireFields(json.Pairs("headers"));
        ReceivedRequest? request = json.Text("type") == "request" ? Request(json, fields) : null;
        if (json.TryGetProperty("request", out var answered))
            request = Request(answered, new WireFields(answered.Pairs("headers")));

        return new SignedMessage(request, json.TryGetProperty("status", out var status) ? status.GetInt32() : null, fields)
        {
            Trailers = json.TryGetProperty("trailers", out _) ? new WireFields(json.Pairs("trailers")) : null,
            RequestTarget = json.TryGetProperty("requestTarget", out var target) ? target.GetString() : null,
            TypeOf = name => json.TryGetProperty("sfTypes", out var types) && types.TryGetProperty(name, out var type)
                ? Enum.Parse<FieldType>(type.GetString()!, ignoreCase: true)
                : null,
        };
    }

    /// <returns>The base, or the reason that there is none.</returns>
    internal static (string? Base, string? Reason) BaseOf(in SignedMessage message, string signatureParams)
    {
        var input = new SignatureInput(stackalloc Component[SignatureInput.MaxComponents]);
        scoped var reader = new FieldReader(signatureParams);
        if (!input.Read(ref reader) || !reader.AtEnd)
            return (null, SignatureReasons.Malformed);

        var to = new AsciiWriter(16);
        var reason = SignatureBase.Write(ref to, input, message);
        var text = Encoding.ASCII.GetString(to.Written);
        to.Return();
        return reason is null ? (text, null) : (null, reason);
    }

    private static ReceivedRequest Request(JsonElement json, WireFields fields)
    {
        var uri = json.Text("targetUri");
        var authority = uri.IndexOf("://", StringComparison.Ordinal) + 3;
        var path = uri.IndexOf('/', authority);
        path = path < 0 ? uri.Length : path;
        return new ReceivedRequest(json.Text("method"), uri[..(authority - 3)], uri[authority..path], uri[path..], fields);
    }
}
