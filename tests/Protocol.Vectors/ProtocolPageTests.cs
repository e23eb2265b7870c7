using System.Text;
using System.Text.RegularExpressions;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>docs/protocol.md is what others write their implementation from, so its example has to hold.</summary>
public class ProtocolPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(VectorFile.Repository().FullName, "docs", "protocol.md"));

    [Fact]
    public void The_example_of_an_ID_is_right() => Assert.Contains($"`{Key().Id.Value}`", Page, StringComparison.Ordinal);

    [Fact]
    public void The_example_of_a_signed_request_verifies_and_has_the_base_that_is_printed()
    {
        var fields = Example(Block("http", 0), out var head, out var body);
        var request = new ReceivedRequest("POST", "https", fields.Get("Host")[0], head.Split(' ')[1], fields);

        Assert.Null(Given.Verify(request, new Signer(Key().Id, Key(), IsOriginal: false), body: body, now: 1_790_000_030).Reason);
        Assert.Equal(Block("text", 0), Rfc9421Message.BaseOf(SignedMessage.Of(request), fields.Get("Signature-Input")[0]["sig1=".Length..]).Base);
        Assert.Equal(fields.Get("Content-Length")[0], $"{Encoding.UTF8.GetByteCount(body)}");
    }

    [Fact]
    public void The_example_of_an_answer_of_an_app_verifies_and_has_the_base_that_is_printed()
    {
        var request = Example(Block("http", 0), out var head, out _);
        var sent = new ReceivedRequest("POST", "https", request.Get("Host")[0], head.Split(' ')[1], request);
        var answer = Example(Block("http", 1), out _, out var body);
        var message = new SignedMessage(sent, 200, answer);

        Assert.Null(Verifier.Verify(message, SignatureProfile.PeerResponse("sig1"), _ => new Signer(Key().Id, Key(), IsOriginal: false),
            Encoding.UTF8.GetBytes(body), isSeen: true, now: 1_790_000_030, out _).Reason);
        Assert.Equal(Block("text", 1), Rfc9421Message.BaseOf(message, answer.Get("Signature-Input")[0]["sig1=".Length..]).Base);
        Assert.Equal(answer.Get("Content-Length")[0], $"{Encoding.UTF8.GetByteCount(body)}");
    }

    [Fact]
    public void The_example_of_a_comparison_has_the_digits_that_are_printed()
    {
        var example = Regex.Match(Page, "    (?<one>[a-z0-9]{103})\n    (?<other>[a-z0-9]{103})\n    (?<digits>([0-9]{4} ?){12})\n");
        var (one, other) = (PortalId.Parse(example.Groups["one"].Value), PortalId.Parse(example.Groups["other"].Value));
        var digits = example.Groups["digits"].Value.Split(' ');

        Assert.Equal(Comparison.Groups, digits.Length);
        Assert.Equal(digits, Comparison.Of(one, other));
        Assert.Equal(digits, Comparison.Of(other, one));
    }

    [Fact]
    public void Every_reason_is_on_the_page()
    {
        var reasons = typeof(SignatureReasons).GetFields().Select(field => (string)field.GetValue(null)!);
        Assert.All(reasons, reason => Assert.Contains($"`{reason}`", Page, StringComparison.Ordinal));
    }

    private static PublicKey Key()
    {
        var armoured = Regex.Match(Page, "-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", RegexOptions.Singleline).Value;
        return PublicKey.Parse(string.Concat(armoured.Split('\n').Select(line => line.Trim() + "\n")));
    }

    private static WireFields Example(string block, out string firstLine, out string body)
    {
        var (lines, rest) = block.Split("\n\n", 2) is [var head, var after] ? (head.Split('\n'), after) : ([], "");
        (firstLine, body) = (lines[0], rest);
        return new WireFields(lines.Skip(1).Select(line => line.Split(": ", 2)).Select(parts => KeyValuePair.Create(parts[0], parts[1])));
    }

    private static string Block(string kind, int which) =>
        Regex.Matches(Page, $"```{kind}\n(.*?)\n```", RegexOptions.Singleline)[which].Groups[1].Value;
}
