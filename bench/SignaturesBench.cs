using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;
using Ed25519PublicKey = NSec.Cryptography.PublicKey;

namespace PeerRegistry.Bench;

/// <summary>
/// Verifying and signing one request, all of it (parse, base, cryptography, replay guard), against the bare cryptography on the same bytes and one
/// thread. The requests are signed beforehand into a file that both sides read; every one is fresh to the guard. Rates are by processor time, the
/// collector's and the compiler's included, so that what else the machine does counts for neither side.
/// </summary>
internal sealed class SignaturesBench : IBenchmark
{
    private const int MostBytes = 1024;
    private const string Authority = "notes.bbbbbb.portal.example";

    private static readonly Clock Now = new();

    public string Name => "signatures";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        using var ed25519 = PrivateKey.Of(Ed25519PrivateKey.Create());
        using var rsa = PrivateKey.Of(RsaPrivateKey.Create());
        using var file = new SignedFile(ed25519, 20_000, passes: 1);
        using var rsaFile = new SignedFile(rsa, 1000, passes: 8);

        var good = await Rounds.Compare("verify, ed25519", () => Task.FromResult(file.Bare()), () => Task.FromResult(file.Verify()), 0.85);
        good &= Allocations(file);
        good &= await Rounds.Compare("sign, ed25519", () => Task.FromResult(file.BareSign()), () => Task.FromResult(file.Sign()), 0.7);
        good &= await Rounds.Compare("verify, rsa-pss-sha512 with 4096 bits", () => Task.FromResult(rsaFile.Bare()), () => Task.FromResult(rsaFile.Verify()),
            0.85);
        return good;
    }

    private static bool Allocations(SignedFile file)
    {
        file.Verify();
        var before = GC.GetAllocatedBytesForCurrentThread();
        file.Verify();
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / file.Count;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"allocated per verification: {each} bytes of at most {MostBytes}: {(each <= MostBytes ? "pass" : "FAIL")}"));
        return each <= MostBytes;
    }

    /// <summary>One request a line: digest, input, signature, and the base in Base64.</summary>
    private sealed class SignedFile : IDisposable
    {
        private readonly string path = Path.GetTempFileName();
        private readonly PrivateKey key;
        private readonly int passes;
        private readonly Signer signer;
        private readonly ReceivedRequest[] requests;
        private readonly (byte[] Base, byte[] Signature)[] bare;
        private readonly byte[][] hashes;
        private readonly Ed25519PublicKey? ed25519;
        private readonly RSA? parsed;

        internal SignedFile(PrivateKey key, int count, int passes)
        {
            this.key = key;
            this.passes = passes;
            signer = new Signer(key.Public.Id, key.Public, IsOriginal: false);
            File.WriteAllLines(path, Enumerable.Range(0, count).Select(Line));
            var lines = File.ReadAllLines(path).Select(line => line.Split('\t')).ToList();
            requests = [.. lines.Select((line, i) => new ReceivedRequest("POST", "https", Authority, Target(i), new Lines(line[0], line[1], line[2])))];
            bare = [.. lines.Select(line => (Convert.FromBase64String(line[3]), Convert.FromBase64String(line[2][6..^1])))];
            hashes = [.. bare.Select(one => SHA512.HashData(one.Base))];
            if (key.Public.Kind == Domain.Portals.KeyKind.Ed25519)
            {
                ed25519 = Ed25519PublicKey.Import(SignatureAlgorithm.Ed25519, key.Public.Ed25519Bytes, KeyBlobFormat.RawPublicKey);
            }
            else
            {
                parsed = RSA.Create();
                parsed.ImportSubjectPublicKeyInfo(key.Public.SubjectPublicKeyInfo.Span, out _);
            }
        }

        internal int Count => requests.Length;

        internal double Bare() => Rate(() => i => ed25519 is not null
            ? SignatureAlgorithm.Ed25519.Verify(ed25519, bare[i].Base, bare[i].Signature)
            : parsed!.VerifyHash(hashes[i], bare[i].Signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pss));

        internal double Verify()
        {
            Signer Find(string keyId) => signer;
            Func<string, Signer?> find = Find;
            return Rate(() =>
            {
                var service = new SignatureService(null!, new ReplayGuard(started: null), Now);
                return i =>
                {
                    var judged = service.Verify(requests[i], VerificationPlace.App, find, null, default);
                    return judged.IsCompletedSuccessfully && judged.Result.Reason is null;
                };
            });
        }

        internal double BareSign()
        {
            var signature = new byte[key.SignatureLength];
            return Rate(() => i =>
            {
                key.Sign(bare[i].Base, signature);
                return true;
            });
        }

        internal double Sign()
        {
            var digest = ContentDigest.Field("{}"u8);
            return Rate(() => i =>
                SignatureMaker.SignRequest(key, "portal-peer", "POST", Authority, $"https://{Authority}{Target(i)}", digest, Clock.Seconds, toOriginal: false)
                    .Count == 3);
        }

        public void Dispose()
        {
            parsed?.Dispose();
            File.Delete(path);
        }

        private string Line(int i)
        {
            var fields = SignatureMaker.SignRequest(
                key, "portal-peer", "POST", Authority, $"https://{Authority}{Target(i)}", ContentDigest.Field(Encoding.UTF8.GetBytes($"{{\"n\":{i}}}")),
                Clock.Seconds, toOriginal: false);
            var request = new ReceivedRequest("POST", "https", Authority, Target(i), new Lines(fields[0].Value, fields[1].Value, fields[2].Value));
            var verdict =
                Verifier.Verify(SignedMessage.Of(request with { Method = "POST " }), SignatureProfile.App, _ => signer, [], false, Clock.Seconds, out _);
            var signed = verdict.SignatureBase!.Replace("\"@method\": POST ", "\"@method\": POST", StringComparison.Ordinal);
            return string.Join('\t', fields[0].Value, fields[1].Value, fields[2].Value, Convert.ToBase64String(Encoding.ASCII.GetBytes(signed)));
        }

        private static string Target(int i) => $"/api/notes/{i}?tag=home&sort=-created";

        /// <param name="fresh">Made anew for every pass: what a pass remembers ends with it.</param>
        private double Rate(Func<Func<int, bool>> fresh)
        {
            var before = Environment.CpuUsage.TotalTime;
            for (var pass = 0; pass < passes; pass++)
            {
                var once = fresh();
                for (var i = 0; i < Count; i++)
                {
                    if (!once(i))
                        throw new InvalidOperationException($"Request {i} does not verify.");
                }
            }

            return passes * Count / (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        }
    }

    private sealed class Lines(string digest, string input, string signature) : IFields
    {
        private readonly string[] digest = [digest];
        private readonly string[] input = [input];
        private readonly string[] signature = [signature];

        public IReadOnlyList<string> Get(string name) =>
            name.Equals("Signature-Input", StringComparison.OrdinalIgnoreCase) ? input
            : name.Equals("Signature", StringComparison.OrdinalIgnoreCase) ? signature
            : name.Equals("Content-Digest", StringComparison.OrdinalIgnoreCase) ? digest
            : [];
    }

    /// <summary>Stands still, so that no request grows old while the rounds go on.</summary>
    private sealed class Clock : TimeProvider
    {
        internal static readonly long Seconds = System.GetUtcNow().ToUnixTimeSeconds();

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Seconds);
    }
}
