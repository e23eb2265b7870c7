using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Tests;

namespace PeerRegistry.Domain.Specs.Apps;

public sealed class PathReadingSpecs
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a/b/", "/a/b/")]
    [InlineData("/a?b=/c", "/a")]
    [InlineData("/a?//..;%00%zz", "/a")]
    [InlineData("/a?b?c", "/a")]
    [InlineData("/%61dmin", "/admin")]
    [InlineData("/a%20b", "/a b")]
    [InlineData("/a+b", "/a+b")]
    [InlineData("/100%25", "/100%")]
    [InlineData("/%c3%a9", "/é")]
    [InlineData("/é/猫", "/é/猫")]
    [InlineData("/%F0%9F%90%88", "/🐈")]
    [InlineData("/...", "/...")]
    [InlineData("/.well-known/x", "/.well-known/x")]
    [InlineData("/a..b/.c", "/a..b/.c")]
    [InlineData("/a:b@c!$&'()*,=~_-", "/a:b@c!$&'()*,=~_-")]
    public void A_path_that_every_server_reads_alike_is_read(string target, string path)
    {
        Assert.True(PathReading.TryRead(target, out var read));
        Assert.Equal(path, read);
    }

    /// <summary>The table of tricks: each has fooled a proxy and what stood behind it into reading two different paths.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("?a=b")]
    [InlineData("*")]
    [InlineData("https://evil.example/")]
    [InlineData("//admin")]
    [InlineData("/a//b")]
    [InlineData("/a//")]
    [InlineData("/..")]
    [InlineData("/.")]
    [InlineData("/../admin")]
    [InlineData("/x/../admin")]
    [InlineData("/x/./admin")]
    [InlineData("/admin/.")]
    [InlineData("/admin/..")]
    [InlineData("/%2e%2e/admin")]
    [InlineData("/x/%2E%2e/admin")]
    [InlineData("/x/.%2e/admin")]
    [InlineData("/x/%2e./admin")]
    [InlineData("/x/%2e/admin")]
    [InlineData("/x/..;/admin")]
    [InlineData("/x;/../admin")]
    [InlineData("/public;x=1/admin")]
    [InlineData("/public%3b/admin")]
    [InlineData("/public%2fadmin")]
    [InlineData("/public%2Fadmin")]
    [InlineData("/public%5cadmin")]
    [InlineData("/public%5Cadmin")]
    [InlineData("/public\\admin")]
    [InlineData("/public/..%5cadmin")]
    [InlineData("/admin%00")]
    [InlineData("/admin\0")]
    [InlineData("/admin%0d%0aX-Ptl-Client-Type:%20terminal")]
    [InlineData("/admin%0a")]
    [InlineData("/admin%09")]
    [InlineData("/admin%7f")]
    [InlineData("/admin#/public")]
    [InlineData("/admin%")]
    [InlineData("/admin%4")]
    [InlineData("/admin%zz")]
    [InlineData("/%u0061dmin")]
    [InlineData("/%252e%252e/admin")]
    [InlineData("/public%252fadmin")]
    [InlineData("/%2561dmin")]
    [InlineData("/%c0%afadmin")]
    [InlineData("/%c0%ae%c0%ae/admin")]
    [InlineData("/%e0%80%af")]
    [InlineData("/%ff")]
    [InlineData("/%ed%a0%80")]
    [InlineData("/%c3")]
    [InlineData("/a?b#c")]
    [InlineData("/a b")]
    [InlineData("/a, /b")]
    [InlineData("/a?b c")]
    public void A_path_that_could_be_read_in_two_ways_is_refused(string target) => Assert.False(PathReading.TryRead(target, out _), target);

    [Fact]
    public void An_unpaired_surrogate_is_refused() => Assert.False(PathReading.TryRead("/\ud800", out _));

    /// <summary>
    /// What the app sees is the target itself. Whatever a server may do on its way to a file or a route (decode, decode again, merge
    /// slashes, resolve dots, cut parameters, take backslashes for slashes), it arrives at the path that was judged.
    /// </summary>
    [Property]
    public void Every_reader_finds_the_path_that_was_authorized()
    {
        string[] pieces = ["/", "a", "admin", ".", "..", "%2e", "%2E", "%2f", "%5c", "\\", ";", "%3b", "%25", "%252e", "%00", "//", "?", "#", "é", "%c3%a9",
        "%c0%ae", " ", "%20", "+", "%61", "x=1"];
        var targets = Gen.Elements(pieces).ListOf().Select(parts => "/" + string.Concat(parts));
        var read = 0;
        Prop.ForAll(targets.ToArbitrary(), target =>
        {
            if (!PathReading.TryRead(target, out var path))
                return true;

            Interlocked.Increment(ref read);
            return Readers().All(reader => reader(target) == path);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000).WithEndSize(12));
        Assert.True(read > 1000, $"only {read} were read");
    }

    private static IEnumerable<Func<string, string>> Readers()
    {
        static string Path(string target) => target.Split('?')[0].Split('#')[0];
        static string Decode(string path) => Encoding.UTF8.GetString(Bytes(path));
        static string Merge(string path)
        {
            while (path.Contains("//", StringComparison.Ordinal))
                path = path.Replace("//", "/", StringComparison.Ordinal);
            return path;
        }

        static string Resolve(string path)
        {
            var kept = new List<string>();
            foreach (var segment in path.Split('/')[1..])
            {
                if (segment == "..")
                    kept.RemoveRange(Math.Max(0, kept.Count - 1), Math.Min(1, kept.Count));
                else if (segment != ".")
                    kept.Add(segment);
            }

            return "/" + string.Join('/', kept);
        }

        static string Cut(string path) => string.Join('/', path.Split('/').Select(segment => segment.Split(';')[0]));
        static string Windows(string path) => path.Replace('\\', '/');
        static string C(string path) => path.Split('\0')[0];
        yield return target => Decode(Path(target));
        yield return target => Decode(Decode(Path(target)));
        yield return target => Resolve(Merge(Decode(Path(target))));
        yield return target => Decode(Resolve(Merge(Path(target))));
        yield return target => Resolve(Decode(Cut(Path(target))));
        yield return target => Resolve(Merge(Windows(Decode(Path(target)))));
        yield return target => C(Decode(Path(target)));
    }

    private static byte[] Bytes(string path)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '%' && i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2]))
            {
                bytes.Add(Convert.ToByte(path.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes([path[i]]));
            }
        }

        return [.. bytes];
    }
}
