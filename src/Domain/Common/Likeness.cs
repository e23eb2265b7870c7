using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace PeerRegistry.Domain.Common;

/// <summary>
/// What two texts have in common that people read as the same name: "Chloé" and "CHLOE". Case and accents are left out, and ligatures are written
/// as two letters. It works without the tables of a locale, which the registry does not load.
/// </summary>
public static class Likeness
{
    /// <summary>A letter, and behind it the letters that are the same one with an accent.</summary>
    private static readonly string[] Accented =
    [
        "aàáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ", "bḃḅḇ", "cçćĉċčḉ", "dďḋḍḏḑḓđ", "eèéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ", "fḟ", "gĝğġģǧǵḡ", "hĥȟḣḥḧḩḫẖħ",
        "iìíîïĩīĭįǐȉȋḭḯỉịı", "jĵǰ", "kķǩḱḳḵ", "lĺļľḷḹḻḽł", "mḿṁṃ", "nñńņňǹṅṇṉṋ", "oòóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợøǿ", "pṕṗ",
        "rŕŗřȑȓṙṛṝṟ", "sśŝşšșṡṣṥṧṩſẛ", "tţťțṫṭṯṱẗŧ", "uùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự", "vṽṿ", "wŵẁẃẅẇẉẘ", "xẋẍ", "yýÿŷȳẏẙỳỵỷỹ", "zźżžẑẓẕ",
        "αάἀἁἂἃἄἅἆἇὰᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ", "εέἐἑἒἓἔἕὲ", "ηήἠἡἢἣἤἥἦἧὴᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ", "ιίΐϊἰἱἲἳἴἵἶἷὶῐῑῒῖῗ", "οόὀὁὂὃὄὅὸ", "ρῤῥ", "σς",
        "υύϋΰὐὑὒὓὔὕὖὗὺῠῡῢῦῧ", "ωώὠὡὢὣὤὥὦὧὼᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ", "аӑӓ", "гѓ", "еѐёӗ", "жӂӝ", "зӟ", "иѝйӣӥ", "кќ", "оӧ", "уўӯӱӳ", "чӵ", "ыӹ", "эӭ", "ії",
    ];

    private static readonly FrozenDictionary<char, string> Plain = Accented
        .SelectMany(letters => letters[1..].Select(letter => (letter, plain: letters[..1])))
        .Concat([('ß', "ss"), ('æ', "ae"), ('ǽ', "ae"), ('œ', "oe"), ('þ', "th"), ('ð', "d")])
        .ToFrozenDictionary(pair => pair.Item1, pair => pair.Item2);

    /// <returns>The text in a form for comparing with <see cref="StringComparison.Ordinal"/>. It is not meant to be shown.</returns>
    public static string Of(string text)
    {
        if (Ascii.IsValid(text))
            return text.ToLowerInvariant();

        var plain = new StringBuilder(text.Length + 4);
        foreach (var letter in text)
        {
            var small = char.ToLowerInvariant(letter);
            if (Plain.TryGetValue(small, out var without))
                plain.Append(without);
            else if (char.GetUnicodeCategory(small) != UnicodeCategory.NonSpacingMark)
                plain.Append(small);
        }

        return plain.ToString();
    }
}
