using System.Text.Json;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>The public suite of the HTTP working group, which is read where it lies and not part of this project.</summary>
public class StructuredFieldSuiteTests
{
    private const string None = "the public suite is not on this machine";
    private static readonly string? Folder = VectorFile.SharedFolder("vectors/sfv");
    private static readonly Dictionary<string, JsonElement> Tests = Folder is null ? [] : new(Load(Folder));

    public static TheoryData<string> Parsing => Cases(test => test.TryGetProperty("raw", out _));

    public static TheoryData<string> Serialising => Cases(test => !test.Flag("must_fail") || !test.TryGetProperty("raw", out _));

    [Theory]
    [MemberData(nameof(Parsing))]
    public void Parses(string name)
    {
        var (test, type, raw) = Find(name);
        if (test.Flag("must_fail"))
            Assert.Throws<StructuredFieldException>(() => FieldParser.Parse(raw, type));
        else
            SfvJson.AssertSame(SfvJson.Field(test.GetProperty("expected"), type), FieldParser.Parse(raw, type));
    }

    [Theory]
    [MemberData(nameof(Serialising))]
    public void Serialises(string name)
    {
        var (test, type, raw) = Find(name);
        var field = SfvJson.Field(test.GetProperty("expected"), type);
        if (test.Flag("must_fail"))
            Assert.Throws<StructuredFieldException>(() => FieldSerializer.Serialize(field));
        else
            Assert.Equal(test.TryGetProperty("canonical", out var canonical) ? Join(canonical) : raw, FieldSerializer.Serialize(field));
    }

    private static (JsonElement Test, FieldType Type, string Raw) Find(string name)
    {
        Assert.SkipWhen(name == None, None);
        var test = Tests[name];
        return (test, SfvJson.TypeOf(test), test.TryGetProperty("raw", out var raw) ? Join(raw) : "");
    }

    private static string Join(JsonElement lines) => string.Join(", ", lines.EnumerateArray().Select(line => line.GetString()));

    private static TheoryData<string> Cases(Func<JsonElement, bool> wanted) =>
        Tests.Count == 0 ? [None] : [.. Tests.Where(test => wanted(test.Value)).Select(test => test.Key)];

    private static IEnumerable<KeyValuePair<string, JsonElement>> Load(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            var tests = json.RootElement.EnumerateArray().ToList();
            for (var i = 0; i < tests.Count; i++)
                yield return new($"{Path.GetRelativePath(folder, file)} {i}: {tests[i].Text("name")}", tests[i].Clone());
        }
    }
}
