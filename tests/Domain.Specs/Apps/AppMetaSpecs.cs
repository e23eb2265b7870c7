using System.Text;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Specs.Apps;

public sealed class AppMetaSpecs
{
    private const string Whole =
        """
        {
          "v": "1.2",
          "app_version": "1.0.0",
          "name": "photo-wall",
          "pretty_name": "Photo Wall",
          "icon": "icon.svg",
          "homepage": "https://example.org/",
          "entrypoints": [ { "container_name": "photo-wall", "container_port": 3000, "entrypoint_port": "http" } ],
          "paths": {
            "": { "access": "private", "headers": { "X-Ptl-User": "{{ portal.id[:6] }}@example.org" } },
            "/pub/": { "access": "public" },
            "/peer": { "access": "peer", "headers": { "X-Ptl-Client-Id": "{{ auth.client_id }}" } }
          },
          "lifecycle": { "always_on": false, "idle_time_for_shutdown": 600 },
          "minimum_portal_size": "s", "webhook": "/hooks/peers",
          "store_info": { "description_short": "A wall.", "description_long": ["One.", "Two."], "anything": 1 }
        }
        """;

    /// <summary>The refusals that a JSON schema cannot express, as its own comment says.</summary>
    private static readonly string[] BeyondSchema = ["this member is given twice", "expected each header once", "expected idle_for_pause to be less"];

    [Fact]
    public void A_good_description_is_read_without_a_warning()
    {
        var (meta, warnings) = Parse(Whole);

        Assert.Empty(warnings);
        Assert.Equal("Photo Wall", meta.PrettyName);
        Assert.Equal([("", Access.Private), ("/pub/", Access.Public), ("/peer", Access.Peer)], meta.Rules.Select(rule => (rule.Prefix, rule.Access)));
        Assert.Equal(new Entrypoint("photo-wall", 3000, "http"), Assert.Single(meta.Entrypoints));
        Assert.Equal(new Lifecycle(false, false, 600, null), meta.Lifecycle);
        Assert.Equal(("s", "/hooks/peers"), (meta.MinimumPortalSize, meta.Webhook));
    }

    [Fact]
    public void A_description_may_name_its_schema() =>
        Assert.Empty(Parse(Whole.Replace("\"v\":", "\"$schema\": \"https://example.org/schema/app_meta.json\", \"v\":", StringComparison.Ordinal)).Warnings);

    [Theory]
    [InlineData("1.0", "", "My-App2-X")]
    [InlineData("1.0", """, "pretty_name": "Mine" """, "Mine")]
    [InlineData("1.1", """, "pretty_name": "Mine" """, "Mine")]
    [InlineData("1.3", """, "pretty_name": "Mine" """, "Mine")]
    public void Older_versions_get_a_readable_name(string version, string member, string pretty) =>
        Assert.Equal(pretty, Parse($$"""{ "v": "{{version}}", "name": "my-app2-x", "paths": { "": { "access": "public" } } {{member}} }""").Meta.PrettyName);

    [Theory]
    [InlineData("1.0", """{ "always_on": true, "idle_time_for_shutdown": 60 }""", null, null)]
    [InlineData("1.2", """{ "idle_time_for_shutdown": 60 }""", 60, null)]
    [InlineData("1.3", """{ "idle_for_pause": 10, "idle_for_stop": 70 }""", 10, 70)]
    [InlineData("1.3", """{ "idle_time_for_shutdown": 60 }""", null, null)]
    public void The_idle_time_of_old_versions_pauses_the_app_as_in_the_original_core(string version, string lifecycle, int? pause, int? stop)
    {
        var read = Parse($$"""{ "v": "{{version}}", "name": "a", "pretty_name": "A", "paths": { "": { "access": "public" } }, "lifecycle": {{lifecycle}} }""").Meta.Lifecycle!;
        Assert.Equal((pause, stop), (read.IdleForPause, read.IdleForStop));
    }

    [Theory]
    [InlineData("\"v\": \"1.2\"", "\"v\": \"2.0\"", "$.v, line 2, column 8: expected one of 1.0, 1.1, 1.2, 1.3; found \"2.0\".")]
    [InlineData("\"v\": \"1.2\"", "\"v\": 1.2", "$.v, line 2, column 8: expected a string; found 1.2.")]
    [InlineData("\"v\": \"1.2\",", "", "$, line 1, column 1: v is missing.")]
    [InlineData("\"photo-wall\",\n  \"pretty", "\"Photo Wall\",\n  \"pretty", "$.name, line 4, column 11: expected 1 to 63 lower-case letters")]
    [InlineData("\"photo-wall\",\n  \"pretty", "\"../x\",\n  \"pretty", "$.name, line 4, column 11")]
    [InlineData("\"pretty_name\": \"Photo Wall\",", "", "expected version 1.2 to come with pretty_name")]
    [InlineData("\"access\": \"public\"", "\"access\": \"Public\"",
        "$.paths[\"/pub/\"].access, line 11, column 26: expected one of public, peer, private; found \"Public\".")]
    [InlineData("{ \"access\": \"public\" }", "{}", "$.paths[\"/pub/\"], line 11, column 14: access is missing.")]
    [InlineData("{ \"access\": \"public\" }", "\"public\"", "$.paths[\"/pub/\"], line 11, column 14: expected an object with access; found \"public\".")]
    [InlineData("/pub/", "/.portal/x", "which belongs to the core")]
    [InlineData("/pub/", "/.portal", "which belongs to the core")]
    [InlineData("/pub/", "/%2eportal", "which belongs to the core")]
    [InlineData("\"/pub/\"", "\"/peer\"", "line 12, column 5: this member is given twice.")]
    [InlineData("{{ auth.client_id }}", "{{ ''.__class__ }}", "$.paths[\"/peer\"].headers[\"X-Ptl-Client-Id\"], line 12, column 66: column 1 of the template")]
    [InlineData("\"X-Ptl-Client-Id\"", "\"X Ptl\"", "expected a header name")]
    [InlineData("3000", "70000", "$.entrypoints[0].container_port, line 8, column 72: expected a whole number from 1 to 65535; found 70000.")]
    [InlineData("3000", "\"3000\"", "found \"3000\"")]
    [InlineData("\"http\"", "\"ssh\"", "expected one of http, mqtt")]
    [InlineData("\"photo-wall\", \"container_port", "\"a/../b\", \"container_port", "expected a container's name")]
    [InlineData("600", "1", "expected a whole number from 5 up")]
    [InlineData("\"s\"", "\"huge\"", "expected one of xs, s, m, l, xl")]
    [InlineData("\"pretty_name\": \"Photo Wall\"", "\"pretty_name\": \"\"", "expected a name of 1 to 100 visible characters")]
    [InlineData("\"pretty_name\": \"Photo Wall\"", "\"pretty_name\": null", "expected a string; found null.")]
    [InlineData("{ \"X-Ptl-Client-Id\": \"{{ auth.client_id }}\" }", "[]", "expected an object of header names and templates; found a list.")]
    [InlineData("\"X-Ptl-Client-Id\": \"{{ auth.client_id }}\"", "\"X-A\": \"1\", \"x-a\": \"2\"", "expected each header once, whatever its case")]
    [InlineData("[ { \"container_name\": \"photo-wall\", \"container_port\": 3000, \"entrypoint_port\": \"http\" } ]", "{}",
        "expected a list of entrypoints; found an object.")]
    [InlineData("[ { \"container_name\": \"photo-wall\", \"container_port\": 3000, \"entrypoint_port\": \"http\" } ]", "[1]",
        "expected an object with container_name")]
    [InlineData("{ \"always_on\": false, \"idle_time_for_shutdown\": 600 }", "[]", "$.lifecycle, line 14, column 16: expected an object; found a list.")]
    [InlineData("{ \"always_on\": false, \"idle_time_for_shutdown\": 600 }", "{ \"always_on\": true, \"idle_for_pause\": 10 }",
        "expected nothing beside always_on when it is true")]
    [InlineData("{ \"always_on\": false, \"idle_time_for_shutdown\": 600 }", "{ \"always_on\": true, \"skip_pause\": true }",
        "expected nothing beside always_on when it is true")]
    [InlineData("{ \"always_on\": false, \"idle_time_for_shutdown\": 600 }", "{ \"skip_pause\": true, \"idle_for_pause\": 10 }",
        "expected skip_pause or idle_for_pause, not both")]
    [InlineData("\"s\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "found \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\".")]
    [InlineData("\"/hooks/peers\"", "\"hooks\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"//x\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/a//b\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/a/\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/a?b\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/a#b\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/../b\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/a/.hidden\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/%61\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/a b\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/a;b\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"https://example.org/a\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "\"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "$.webhook, line 15, column 42: expected a path such as /hooks/peers")]
    [InlineData("\"/hooks/peers\"", "1", "expected a string; found 1.")]
    [InlineData("\"store_info\"", "store_info", "not valid JSON from line 16")]
    public void An_error_has_its_place_and_what_was_expected(string good, string bad, string message)
    {
        Assert.Contains(good, Whole, StringComparison.Ordinal);
        var refused = Assert.Throws<RefusedException>(() => Parse(Whole.Replace(good, bad, StringComparison.Ordinal)));
        Assert.Equal("app_meta_invalid", refused.Code);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(
            BeyondSchema.Any(beyond => message.Contains(beyond, StringComparison.Ordinal)),
            SchemaOfDescriptions.Accepts(Whole.Replace(good, bad, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{} {}")]
    [InlineData("{\"v\":\"1.0\",\"name\":\"a\",\"paths\":{}}")]
    [InlineData("{\"v\":\"1.0\",\"name\":\"\\ud800\",\"paths\":{}}")]
    public void A_text_that_is_not_a_description_is_refused(string text)
    {
        Assert.Equal("app_meta_invalid", Assert.Throws<RefusedException>(() => Parse(text)).Code);
        Assert.False(SchemaOfDescriptions.Accepts(text));
    }

    [Theory]
    [InlineData("3000", 1)]
    [InlineData("3000", 65535)]
    public void The_lowest_and_the_highest_port_are_valid(string good, int port) =>
        Assert.Equal(port, Assert.Single(Parse(Whole.Replace(good, $"{port}", StringComparison.Ordinal)).Meta.Entrypoints).Port);

    [Fact]
    public void An_app_is_paused_before_it_is_stopped() => Assert.Contains("expected idle_for_pause to be less than idle_for_stop", Assert.Throws<RefusedException>(() => Parse(
        """{ "v": "1.3", "name": "a", "pretty_name": "A", "paths": { "": { "access": "public" } }, "lifecycle": { "idle_for_pause": 600, "idle_for_stop": 600 } }""")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void An_idle_time_of_five_seconds_is_valid() =>
        Assert.Equal(5, Parse(Whole.Replace("600", "5", StringComparison.Ordinal)).Meta.Lifecycle!.IdleForPause);

    [Fact]
    public void Depth_and_size_are_bounded()
    {
        Assert.Equal("app_meta_invalid", Assert.Throws<RefusedException>(() => Parse(new string('[', 100_000))).Code);
        Assert.Equal("body_too_large", Assert.Throws<RefusedException>(() => AppMetaParser.Parse(new byte[AppMetaParser.MaxBytes + 1])).Code);
    }

    [Theory]
    [InlineData("\"\":", "\"/x\":", "no default rule")]
    [InlineData("\"/pub/\"", "\"pub\"", "can never match")]
    [InlineData("\"/pub/\"", "\"/pub?x\"", "can never match")]
    [InlineData("\"/pub/\"", "\"/a//b\"", "can never match")]
    [InlineData("\"/pub/\"", "\"/%70eer\"", "can never match: \"/peer\" covers the same path")]
    [InlineData("\"/pub/\": { \"access\": \"public\" }", "\"/in\": { \"access\": \"private\" }, \"/in/pub\": { \"access\": \"public\" }",
        "public rule lies inside the private \"/in\"")]
    [InlineData("{{ auth.client_id }}", "{{ auth.client_type }}", "no header names {{ auth.client_id }}")]
    [InlineData("X-Ptl-User", "X-Remote-User", "header X-Remote-User is never sent")]
    [InlineData("X-Ptl-User", "X_Ptl_User", "header X_Ptl_User is never sent")]
    [InlineData("{{ auth.client_id }}", "{{ auth.client_id }}{{ client_id }}", "client_id is not a known value, so it renders as an empty text")]
    [InlineData("\"icon\": \"icon.svg\",", "", "icon is missing")]
    [InlineData("{ \"access\": \"public\" }", "{ \"access\": \"public\", \"acess\": 1 }", "$.paths[\"/pub/\"].acess: nobody reads this member")]
    [InlineData("/hooks/peers", "/pub/events", "$.webhook: others may reach this path, too")]
    [InlineData("/hooks/peers", "/peer", "$.webhook: others may reach this path, too")]
    [InlineData("\"icon\"", "\"icom\"", "$.icom: nobody reads this member")]
    public void The_linter_warns_of_probable_mistakes(string good, string odd, string warning)
    {
        Assert.Contains(good, Whole, StringComparison.Ordinal);
        Assert.Contains(Parse(Whole.Replace(good, odd, StringComparison.Ordinal)).Warnings, found => found.Contains(warning, StringComparison.Ordinal));
    }

    /// <summary>Reads the descriptions of published apps where they lie beside this repository.</summary>
    [Fact]
    public void Every_published_description_registers()
    {
        var folder = Published();
        Assert.SkipWhen(folder is null, "The published descriptions (../shared/vectors/app_meta/files) are not here.");
        foreach (var file in Directory.GetFiles(folder!, "*.json").Where(file => Path.GetFileName(file) != "template.json"))
        {
            var text = File.ReadAllText(file);
            Assert.Equal(Path.GetFileNameWithoutExtension(file), Parse(text).Meta.Name);
            var withTexts = text.TrimEnd().TrimEnd('}') + """, "store_info": { "description_short": "x", "description_long": ["y"], "hint": "z", "is_featured": true } }""";
            Assert.Equal(Parse(text).Meta, Parse(withTexts).Meta);
        }

        // The form for new descriptions has no name yet.
        var form = Assert.Throws<RefusedException>(() => Parse(File.ReadAllText(Path.Combine(folder!, "template.json"))));
        Assert.Contains("$.name", form.Message, StringComparison.Ordinal);
    }

    private static string? Published()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "shared/vectors/app_meta/files");
            if (Directory.Exists(folder))
                return folder;
        }

        return null;
    }

    /// <summary>Reads a description. What is read without a refusal must be valid by the schema, too.</summary>
    private static ReadAppMeta Parse(string text)
    {
        var read = AppMetaParser.Parse(Encoding.UTF8.GetBytes(text));
        Assert.True(SchemaOfDescriptions.Accepts(text), text);
        return read;
    }
}
