using System.Text.Json;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Specs.Apps;

public sealed class HeaderTemplateSpecs
{
    /// <summary>Jinja beyond our closed set; no published app uses any of it.</summary>
    private static readonly HashSet<string> Refused =
    [
        "{{ auth['client_type'] }}", "{{ auth.client_name|upper }}", "{% if auth.client_type == 'peer' %}P{% else %}N{% endif %}",
    ];

    private static readonly JsonElement File = JsonDocument.Parse(
        System.IO.File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Apps/header-templates.json"))).RootElement;

    public static TheoryData<string, string, string, string> Originals()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (var row in File.GetProperty("cases").EnumerateArray())
        {
            var rendered = row.GetProperty("rendered");
            data.Add(row.GetProperty("template").GetString()!, rendered.GetProperty("terminal").GetString()!,
                rendered.GetProperty("peer").GetString()!, rendered.GetProperty("anonymous").GetString()!);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Originals))]
    public void Rendered_as_the_original_does_or_refused(string template, string terminal, string peer, string anonymous)
    {
        if (Refused.Contains(template))
        {
            Assert.Equal("app_meta_invalid", Assert.Throws<RefusedException>(() => HeaderTemplate.Compile(template)).Code);
            Assert.False(SchemaOfDescriptions.AcceptsTemplate(template));
            return;
        }

        var compiled = HeaderTemplate.Compile(template);
        Assert.True(SchemaOfDescriptions.AcceptsTemplate(template));
        Assert.Equal(terminal, compiled.Render(Values("terminal")));
        Assert.Equal(peer, compiled.Render(Values("peer")));
        Assert.Equal(anonymous, compiled.Render(Values("anonymous")));
    }

    [Theory]
    [InlineData("{{ ''.__class__ }}")]
    [InlineData("{{ auth.__class__ }}")]
    [InlineData("{{ config.items() }}")]
    [InlineData("{{ self }}")]
    [InlineData("{{ auth }}")]
    [InlineData("{{ portal }}")]
    [InlineData("{{ true }}")]
    [InlineData("{{ false }}")]
    [InlineData("{{ none }}")]
    [InlineData("{{ True }}")]
    [InlineData("{{ False }}")]
    [InlineData("{{ None }}")]
    [InlineData("{{ 7*7 }}")]
    [InlineData("{{ auth.client_id.upper() }}")]
    [InlineData("{{ request.headers }}")]
    [InlineData("{{ portal.id[::-1] }}")]
    [InlineData("{{ portal.id[:-1] }}")]
    [InlineData("{{ portal.id[0] }}")]
    [InlineData("{{ nope[:3] }}")]
    [InlineData("{{ portal.id")]
    [InlineData("{{ }}")]
    [InlineData("{# comment #}")]
    [InlineData("{%- set x = 1 %}")]
    [InlineData("{{- portal.id -}}")]
    [InlineData("{{ portal.id ~ 'x' }}")]
    [InlineData("{{ '{{' }}")]
    public void Anything_but_the_known_expressions_is_refused(string template)
    {
        var refused = Assert.Throws<RefusedException>(() => HeaderTemplate.Compile(template));
        Assert.Equal("app_meta_invalid", refused.Code);
        Assert.Contains("column 1 ", refused.Message, StringComparison.Ordinal);
        Assert.False(SchemaOfDescriptions.AcceptsTemplate(template));
    }

    [Fact]
    public void A_value_cannot_end_the_header()
    {
        var values = Values("peer") with { ClientName = "a\r\nX-Ptl-Client-Type: terminal\u0085\0" };
        Assert.Equal("a  X-Ptl-Client-Type: terminal", HeaderTemplate.Compile("{{ auth.client_name }}").Render(values));
    }

    [Fact]
    public void A_slice_counts_code_points() =>
        Assert.Equal("🐈é", HeaderTemplate.Compile("{{ auth.client_name[:2] }}").Render(Values("peer") with { ClientName = "🐈éx" }));

    [Fact]
    public void A_key_arrives_on_one_line() =>
        Assert.Equal("-----BEGIN PUBLIC KEY----- abc -----END PUBLIC KEY-----",
            HeaderTemplate.Compile("{{ portal.public_key_pem }}")
                .Render(Values("peer") with { PortalPublicKeyPem = "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----\n" }));

    [Fact]
    public void An_unknown_name_that_begins_with_an_underscore_renders_empty() =>
        Assert.Equal("ab", HeaderTemplate.Compile("a{{ _x }}b").Render(Values("peer")));

    [Fact]
    public void A_template_of_4096_characters_is_accepted() =>
        Assert.Equal(4096, HeaderTemplate.Compile(new string('a', 4096)).Render(Values("peer")).Length);

    [Fact]
    public void A_template_of_4097_characters_is_refused() =>
        Assert.Equal("app_meta_invalid", Assert.Throws<RefusedException>(() => HeaderTemplate.Compile(new string('a', 4097))).Code);

    [Fact]
    public void Half_a_surrogate_pair_at_the_end_counts_as_one_character() =>
        Assert.Equal("a\uD83D", HeaderTemplate.Compile("{{ auth.client_name[:2] }}").Render(Values("peer") with { ClientName = "a\uD83D" }));

    /// <summary>Any other is an alias to some framework, or part of a proxy's configuration language.</summary>
    [Theory]
    [InlineData("X-Ptl-Mail", true)]
    [InlineData("x-ptl-mail-2", true)]
    [InlineData("X-Ptl-", false)]
    [InlineData("X-Mail", false)]
    [InlineData("X-Ptl-Client_Id", false)]
    [InlineData("X-Ptl-Client.Id", false)]
    [InlineData("X-Ptl-$host", false)]
    [InlineData("X-Ptl-#", false)]
    [InlineData("X-Ptl-Proxy-Secret", false)]
    [InlineData("x-ptl-proxy-secret", false)]
    public void Only_plain_header_names_with_the_prefix_are_sent(string name, bool sent) => Assert.Equal(sent, HeaderTemplate.MayBeSent(name));

    private static TemplateValues Values(string client)
    {
        var (auth, portal) = (File.GetProperty("auth").GetProperty(client), File.GetProperty("portal"));
        return new(auth.GetProperty("client_type").GetString()!, auth.GetProperty("client_id").GetString()!, auth.GetProperty("client_name").GetString()!,
            portal.GetProperty("id").GetString()!, portal.GetProperty("short_id").GetString()!, portal.GetProperty("domain").GetString()!,
            portal.GetProperty("public_key_pem").GetString()!);
    }
}
