using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Tests;

namespace PeerRegistry.Domain.Specs.Apps;

public sealed class AccessRulesSpecs
{
    /// <summary>Where we are stricter than the original on purpose (ADR 0010); what cannot be read is refused before.</summary>
    private static readonly Dictionary<(string App, string Target), string> Stricter = new()
    {
        [("docuseal", "/api/attachmentsx")] = "private",
        [("trilium-next", "/favicon.icox")] = "private",
        [("etherpad", "/%61dmin")] = "private",
        [("etherpad", "/%6cist")] = "private",
        [("vaultwarden", "/admin")] = "private",
        [("ghost", "/ghost")] = "private",
        [("ghost", "/GHOST/")] = "private",
        [("vaultwarden", "/ADMIN/")] = "private",
        [("etherpad", "/ADMIN")] = "private",
        [("etherpad", "/Admin")] = "private",
        [("etherpad", "/LIST")] = "private",
        [("etherpad", "/List")] = "private",
    };

    private static readonly Dictionary<string, AccessRules> Known = new()
    {
        ["docuseal"] = Described.Rules(
            ("", "private"), ("/d/", "public"), ("/s/", "public"), ("/disk/", "public"), ("/packs/", "public"), ("/api/attachments", "public"),
            ("/submitters/", "public")),
        ["etherpad"] = Described.Rules(("", "public"), ("/list", "private"), ("/admin", "private")),
        ["filebrowser"] = Described.Rules(("", "private"), ("/share/", "public"), ("/static/", "public"), ("/api/public/", "public")),
        ["mosquitto"] = Described.Rules(("", "private"), ("/mqtt", "public")),
        ["paperless-ngx"] = Described.Rules(("", "private"), ("/share/", "public")),
        ["trilium-next"] = Described.Rules(("", "private"), ("/share/", "public"), ("/assets/", "public"), ("/favicon.ico", "public")),
        ["vaultwarden"] = Described.Rules(("", "public"), ("/admin/", "private")),
        ["ghost"] = Described.Rules(("", "public"), ("/ghost/", "private")),
        ["template"] = Described.Rules(("", "private"), ("/share/", "public"), ("/static/", "public"), ("/api/public/", "public")),
    };

    public static TheoryData<string, string, string, string> Originals()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Apps/path-matching.json")));
        var data = new TheoryData<string, string, string, string>();
        foreach (var row in file.RootElement.GetProperty("cases").EnumerateArray())
        {
            data.Add(row.GetProperty("app").GetString()!, row.GetProperty("uri").GetString()!,
                row.GetProperty("matchedPath").GetString()!, row.GetProperty("access").GetString()!);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Originals))]
    public void Access_is_as_in_the_original_core_or_stricter_on_purpose(string app, string target, string matched, string access)
    {
        var judged = Known[app].FindRule(target);
        if (Stricter.TryGetValue((app, target), out var wanted))
            Assert.Equal(wanted, judged);
        else if (judged != "ambiguous")
            Assert.Equal(access, judged);

        Assert.Equal(matched, Known[app].Explain(target, target)[^1].Rule!.Rule.Prefix);
    }

    [Theory]
    [InlineData("/", "private")]
    [InlineData("/pub", "public")]
    [InlineData("/pub/", "public")]
    [InlineData("/pub/x", "public")]
    [InlineData("/pub?x=/private", "public")]
    [InlineData("/private?/pub", "private")]
    [InlineData("/private?x=/pub/", "private")]
    [InlineData("/public", "private")]
    [InlineData("/pubx", "private")]
    [InlineData("/PUB", "private")]
    [InlineData("/%70ub", "private")]
    [InlineData("/p%75b/x", "private")]
    [InlineData("/pub/inner", "private")]
    [InlineData("/pub/inner/x", "private")]
    [InlineData("/pub/innerx", "private")]
    [InlineData("/pub/%69nner", "private")]
    [InlineData("/peer", "peer")]
    [InlineData("/peer/x", "peer")]
    [InlineData("/peer/x/open", "public")]
    [InlineData("/peerage", "private")]
    [InlineData("/peer/xx", "peer")]
    [InlineData("/a%20b/c", "public")]
    public void The_stricter_reading_wins(string target, string access) => Assert.Equal(access, Described.Rules(
        ("", "private"), ("/pub", "public"), ("/pub/inner", "private"), ("/peer", "peer"), ("/peer/x/open", "public"), ("/a%20b", "public")).FindRule(target));

    /// <summary>Many frameworks route without regard to case, so that a rule in another case may be the one that is meant.</summary>
    [Theory]
    [InlineData("/admin", "private")]
    [InlineData("/Admin", "private")]
    [InlineData("/ADMIN/x", "private")]
    [InlineData("/%41dmin", "private")]
    [InlineData("/adm%C4%B1n", "private")]
    [InlineData("/adm%C4%B0n/x", "private")]
    [InlineData("/bac%E2%84%AAup", "private")]
    [InlineData("/cla%C5%BFs", "private")]
    [InlineData("/%EF%BC%A1dmin", "private")]
    [InlineData("/caf%C3%89/x", "private")]
    [InlineData("/Peer", "peer")]
    [InlineData("/PEER/Open", "public")]
    [InlineData("/PEER/x", "peer")]
    [InlineData("/peer/open", "public")]
    [InlineData("/Twin", "private")]
    [InlineData("/twin", "private")]
    [InlineData("/other", "public")]
    [InlineData("/adminx", "private")]
    public void A_stricter_rule_in_another_case_applies(string target, string access) => Assert.Equal(access, Described.Rules(
        ("", "public"), ("/admin", "private"), ("/backup", "private"), ("/class", "private"), ("/caf%C3%A9", "private"), ("/peer", "peer"),
        ("/peer/open", "public"),
        ("/TWIN", "private"), ("/twin", "public")).FindRule(target));

    [Theory]
    [InlineData("/%EF%BC%A1z", "private")]
    [InlineData("/%EF%BC%BAz", "private")]
    [InlineData("/%EF%BD%81z", "private")]
    [InlineData("/%EF%BD%9Az", "private")]
    public void The_first_and_the_last_full_width_letter_are_letters(string target, string access) =>
        Assert.Equal(access, Described.Rules(("", "public"), ("/az", "private"), ("/zz", "private")).FindRule(target));

    [Theory]
    [InlineData("/PUB", "private")]
    [InlineData("/Pub/x", "private")]
    [InlineData("/pub/x", "public")]
    public void A_laxer_rule_in_another_case_does_not_apply(string target, string access) =>
        Assert.Equal(access, Described.Rules(("", "private"), ("/pub", "public")).FindRule(target));

    [Fact]
    public void A_path_that_no_rule_covers_has_no_access() => Assert.Equal("none", Described.Rules(("/pub", "public")).FindRule("/pubx"));

    [Fact]
    public void Of_rules_for_the_same_path_the_strictest_applies() =>
        Assert.Equal("private", Described.Rules(("/a", "public"), ("/%61", "private")).FindRule("/a"));

    [Property]
    public void Never_laxer_than_the_original_on_any_path()
    {
        var words = new[] { "", "a", "ab", "a/b", "a/", "a/b/", "%61", "c" };
        var rules = from prefixes in Gen.SubListOf(words.Select(word => word.Length == 0 ? "" : "/" + word))
                    from accesses in Gen.Elements("public", "peer", "private").ListOf(prefixes.Count)
                    select prefixes.Zip(accesses).ToArray();
        var targets = Gen.Elements("/", "a", "b", "ab", "%61", "?", "c").ListOf().Select(parts => "/" + string.Concat(parts));
        Prop.ForAll(rules.Where(some => some.Length > 0).ToArbitrary(), targets.ToArbitrary(), (some, target) =>
        {
            var compiled = Described.Rules(some);
            if (!PathReading.TryRead(target, out var path) || compiled.FindRule(target, path) is not { } judged)
                return true;

            var original = some.Where(rule => target.StartsWith(rule.Item1, StringComparison.Ordinal))
                .OrderByDescending(rule => rule.Item1.Length).Select(rule => rule.Item2).FirstOrDefault();
            return original is not null && string.CompareOrdinal(Rank(Described.Word(judged.Access)), Rank(original)) >= 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(8));
    }

    private static string Rank(string access) => access switch { "public" => "0", "peer" => "1", _ => "2" };
}
