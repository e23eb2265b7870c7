using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;
using PeerRegistry.Infrastructure.Keys;
using PeerRegistry.Tests;

namespace PeerRegistry.Protocol.Vectors;

public class PropertyTests
{
    private const string TargetChars = "abcXYZ019-._~!$&'()*+,;=:@/%";

    private static readonly Gen<string> Targets =
        from path in Text(TargetChars)
        from query in Text(TargetChars + "?")
        from asks in Gen.Elements(true, false)
        select asks ? $"/{path}?{query}" : $"/{path}";

    private static readonly Gen<(string Method, string Target, string Body, PrivateKey Key)> Requests =
        from method in Gen.Elements("GET", "POST", "PUT", "DELETE", "PATCH", "X-OWN")
        from target in Targets
        from body in Text("{}\"abc \n")
        from key in Gen.Frequency((9, Gen.Constant(Given.Ed25519)), (1, Gen.Constant(Given.Rsa)))
        select (method, target, body, key);

    /// <summary>Text that is mostly made of what structured fields are made of, so that it gets far.</summary>
    private static readonly Gen<string> FieldLike = Gen.OneOf(
        Text("ab*:;,=()\"\\? @%-.019/\t_é\0"),
        Gen.Elements("a", "b=1", "c=\"x\\\"\"", "d=:YQ==:", "e=?0", "f=@-1", "g=%\"%c3%a9\"", "h=(a \"b\" 1.5);q", ";p=1", ";p", ", ", ",", " ", "(", ")", "\"",
            "=", "-0", "1.", "%\"%c3\"")
            .ArrayOf().Select(string.Concat));

    [Property]
    public void Whatever_is_signed_verifies() => Holds(Requests, r =>
        Given.Verify(Given.Request(r.Key, "portal-peer", r.Method, r.Target, r.Body), Given.SignerOf(r.Key), body: r.Body).Reason is null);

    [Property]
    public void One_changed_character_anywhere_that_is_covered_fails()
    {
        var changes =
            from request in Requests
            from what in Gen.Elements("method", "target", "authority", "Content-Digest", "Signature-Input", "Signature")
            from place in Gen.Choose(0, 10_000)
            from other in Gen.Elements([.. "aB1/=\"; "])
            select (request, what, place, other);

        Holds(changes, c =>
        {
            var request = Given.Request(c.request.Key, "portal-peer", c.request.Method, c.request.Target, c.request.Body);
            var changed = Change(request, c.what, text => Replace(text, c.place, c.other));
            var verdict = Given.Verify(changed, Given.SignerOf(c.request.Key), body: c.request.Body);
            return verdict.Reason is not null || Equivalent(request, changed);
        });
    }

    [Property]
    public void Every_single_bit_of_a_signature_counts()
    {
        var request = Given.Request(Given.Ed25519);
        var signature = FieldParser.Parse(request.Fields.Get("Signature")[0], FieldType.Dictionary).Members[0].Value.Bytes.ToArray();
        for (var bit = 0; bit < 8 * signature.Length; bit++)
        {
            var flipped = signature.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            var changed = Change(request, "Signature", _ => $"sig1=:{Convert.ToBase64String(flipped)}:");
            Assert.Equal("signature_invalid", Given.Verify(changed, Given.SignerOf(Given.Ed25519)).Reason);
        }
    }

    [Property]
    public void A_component_or_parameter_taken_out_or_moved_fails()
    {
        var request = Given.Request(Given.Ed25519);
        var input = request.Fields.Get("Signature-Input")[0];
        var parts = input.Split(' ', ';');
        for (var i = 0; i < parts.Length; i++)
        {
            for (var j = 0; j < parts.Length; j++)
            {
                var swapped = parts.ToList();
                if (i == j)
                    swapped.RemoveAt(i);
                else
                    (swapped[i], swapped[j]) = (swapped[j], swapped[i]);

                var text = string.Join(' ', swapped.Take(4)) + ";" + string.Join(';', swapped.Skip(4));
                Assert.NotNull(Given.Verify(Change(request, "Signature-Input", _ => text), Given.SignerOf(Given.Ed25519)).Reason);
            }
        }
    }

    [Property]
    public void Another_key_never_verifies() => Holds(Requests, r =>
    {
        var other = new Signer(r.Key.Public.Id, Given.OtherEd25519.Public, false);
        return Given.Verify(Given.Request(r.Key, "portal-peer", r.Method, r.Target, r.Body), other).Reason is "keyid_mismatch";
    });

    [Property]
    public void The_parser_fails_with_its_own_error_only_and_reads_back_what_it_writes() =>
        Holds(FieldLike, text =>
        {
            foreach (var type in Enum.GetValues<FieldType>())
            {
                try
                {
                    var field = FieldParser.Parse(text, type);
                    if (type != FieldType.Item && field.Members.Count == 0)
                        continue;

                    var written = FieldSerializer.Serialize(field);
                    SfvJson.AssertSame(field, FieldParser.Parse(written, type));
                    Assert.Equal(written, FieldSerializer.Serialize(FieldParser.Parse(written, type)));
                }
                catch (StructuredFieldException)
                {
                    // the one error that it may have
                }
            }

            return true;
        }, 20_000);

    [Property]
    public void The_verifier_never_throws_on_hostile_fields()
    {
        var hostile =
            from input in FieldLike
            from signature in FieldLike
            from digest in FieldLike
            from good in Gen.Choose(0, 3)
            select (input, signature, digest, good);

        Holds(hostile, h =>
        {
            var request = Given.Request(Given.Ed25519);
            request = h.good == 0 ? request : Change(request, "Signature-Input", good => h.good == 1 ? h.input : good + h.input);
            request = h.good == 2 ? request : Change(request, "Signature", good => h.good == 3 ? h.signature : good + h.signature);
            request = Change(request, "Content-Digest", good => h.good == 0 ? h.digest : good);
            return Given.Verify(request, Given.SignerOf(Given.Ed25519), body: "{}") is { Signer: null, Reason: not null } or { Reason: null };
        }, 5000);
    }

    /// <summary>Ten million characters; anything that looks back would take hours.</summary>
    [Theory(Skip = PropertyAttribute.SkipReason, SkipType = typeof(PropertyAttribute), SkipWhen = nameof(PropertyAttribute.IsMutationRun))]
    [InlineData("", "(")]
    [InlineData("a=(", "(")]
    [InlineData("a", ";a")]
    [InlineData("a", ";")]
    [InlineData("a=(\"x\"", ";a=1")]
    [InlineData("", "\"")]
    [InlineData("a=\"", "\\\"")]
    [InlineData("a=(\"x\"", " \"x\"")]
    [InlineData("", "a,")]
    [InlineData("", "a=1,")]
    [InlineData("", "a=(\"b\";c \"d\");e=1,")]
    [InlineData("a=", "%\"")]
    [InlineData("a=%\"", "%c3%a9")]
    [InlineData("a=:", "YQ")]
    [InlineData("a=", "1")]
    [InlineData("a=1", " ")]
    public void Ten_megabytes_take_linear_time(string prefix, string piece)
    {
        var text = prefix + string.Concat(Enumerable.Repeat(piece, 10_000_000 / piece.Length));
        var watch = Stopwatch.StartNew();
        foreach (var type in Enum.GetValues<FieldType>())
        {
            try
            {
                FieldParser.Parse(text, type);
            }
            catch (StructuredFieldException)
            {
                // what matters is that it comes back
            }
        }

        foreach (var field in new[] { "Signature-Input", "Signature" })
            Assert.NotNull(Given.Verify(Change(Given.Request(Given.Ed25519), field, _ => text), Given.SignerOf(Given.Ed25519)).Reason);

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
    }

    private static void Holds<T>(Gen<T> given, Func<T, bool> property, int times = 500) =>
        Prop.ForAll(given.ToArbitrary(), property).Check(Config.QuickThrowOnFailure.WithMaxTest(times));

    private static Gen<string> Text(string chars) => Gen.Elements([.. chars]).ArrayOf().Select(c => new string(c));

    private static string Replace(string text, int place, char by)
    {
        var chars = text.ToCharArray();
        chars[place % chars.Length] = by;
        return new string(chars);
    }

    private static ReceivedRequest Change(ReceivedRequest request, string what, Func<string, string> change) => what switch
    {
        "method" => request with { Method = change(request.Method) },
        "target" => request with { Target = change(request.Target) },
        "authority" => request with { Authority = change(request.Authority) },
        _ => request with { Fields = ((WireFields)request.Fields).With(what, change(request.Fields.Get(what)[0])) },
    };

    /// <summary>The same character put in its own place, another case of the host, or another spelling of the same bytes.</summary>
    private static bool Equivalent(ReceivedRequest a, ReceivedRequest b) =>
        a.Method == b.Method && a.Target == b.Target && a.Authority.Equals(b.Authority, StringComparison.OrdinalIgnoreCase)
        && a.Fields.Get("Content-Digest")[0] == b.Fields.Get("Content-Digest")[0]
        && Canonical(a, "Signature-Input") == Canonical(b, "Signature-Input")
        && Canonical(a, "Signature") == Canonical(b, "Signature");

    private static string Canonical(ReceivedRequest request, string field) =>
        FieldSerializer.Serialize(FieldParser.Parse(request.Fields.Get(field)[0], FieldType.Dictionary));
}
