using System.Text.RegularExpressions;

namespace PeerRegistry.Architecture.Tests;

public sealed partial class LineLengthTests
{
    private const int Most = 160;

    /// <summary>What stands between quotation marks is not counted: a message reads better on one line.</summary>
    [Fact]
    public void No_line_of_code_is_longer_than_160_characters()
    {
        var files = new[] { "src", "tests", "bench", "sdk", "tools" }.SelectMany(folder => Source.Files(folder, "*.cs")).ToList();
        Assert.True(files.Count > 300);
        Assert.Empty(files.SelectMany(file => Code(File.ReadAllText(file)).Split('\n')
            .Select((line, index) => (Line: line, Place: $"{Path.GetRelativePath(Source.Root, file)}({index + 1})"))
            .Where(found => found.Line.Length > Most)
            .Select(found => found.Place)));
    }

    [Theory]
    [InlineData("a(\"\"\"\n  {\"b\":1}\n  \"\"\");", "a(\n\n);")]
    [InlineData("a(\"b\\\"c\", @\"d\"\"e\") + f", "a(, ) + f")]
    public void Strings_are_left_out(string code, string expected) => Assert.Equal(expected, Code(code));

    /// <returns>The code without its strings, on the same lines.</returns>
    private static string Code(string file) => Strings().Replace(file, match => new string('\n', match.Value.Count(c => c == '\n')));

    [GeneratedRegex("""
        "{3,}[\s\S]*?"{3,}|@?"(?:[^"\\\n]|\\.|"")*"
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Strings();
}
