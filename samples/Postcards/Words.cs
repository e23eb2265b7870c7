/// <summary>Every sentence that the owner reads, in the language that the browser prefers of those that are here.</summary>
internal sealed record Words(
    string Language, string Title, string Back, string To, string Text, string Send, string SentAndReceived, string NoneYet, string SentTo, string ReceivedFrom,
    string Answer, string NobodyYet, string Peers, string Visibility, Func<string, string> Delivered, Func<string?, string, string> Failure)
{
    private static readonly Words English = new(
        "en", "Postcards", "Your Portal", "To", "Text", "Send", "Sent and received", "No postcards yet.", "To", "From", "Answer",
        "There is nobody to write to yet. Add a peer on your Portal, wait until they have added you too, and let Postcards see them.",
        "Your peers", "Who Postcards may see", name => $"Delivered to {name}.",
        (code, name) => code switch
        {
            "peer_unknown" => "Postcards may not see this peer, or they are not on your list. You decide on your Portal whom Postcards may see.",
            "peering_not_mutual" => $"{name} has not added you, or has removed you. Ask them to add your Portal.",
            "not_authenticated" or "forbidden" or "signer_unknown" => $"{name} does not let you write to their Postcards. Ask them to let Postcards see you.",
            "app_not_installed" or "app_unknown" => $"{name} does not have Postcards. Ask them to install it.",
            "app_unavailable" or "app_failed" => $"{name} has Postcards, but it is not running. Try again later.",
            "peer_unreachable" => $"{name}'s Portal cannot be reached. Perhaps it is switched off. Try again later.",
            "peer_timeout" or "app_timeout" => $"{name}'s Portal took too long to answer. The postcard may have arrived all the same.",
            "answer_invalid" or "answer_forged" => $"The answer of {name}'s Portal was not genuine, so it is not known whether the postcard has arrived.",
            "rate_limited" or "storage_full" or "database_unavailable" => "Your Portal is busy. Try again in a minute.",
            _ => $"{name}'s Postcards did not accept it.",
        });

    private static readonly Words German = new(
        "de", "Postkarten", "Dein Portal", "An", "Text", "Senden", "Gesendet und empfangen", "Noch keine Postkarten.", "An", "Von", "Antworten",
        "Noch kannst du niemandem schreiben. Füge auf deinem Portal einen Kontakt hinzu, warte, bis er dich auch hinzugefügt hat, und zeige ihn Postcards.",
        "Deine Kontakte", "Wen Postcards sieht", name => $"Bei {name} angekommen.",
        (code, name) => code switch
        {
            "peer_unknown" => "Postcards darf diesen Kontakt nicht sehen, oder er steht nicht auf deiner Liste. Wen Postcards sieht, entscheidest du auf deinem Portal.",
            "peering_not_mutual" => $"{name} hat dich nicht hinzugefügt oder wieder entfernt. Bitte {name}, dein Portal hinzuzufügen.",
            "not_authenticated" or "forbidden" or "signer_unknown" => $"{name} nimmt keine Postkarten von dir an. Bitte {name}, dich Postcards zu zeigen.",
            "app_not_installed" or "app_unknown" => $"{name} hat Postcards nicht. Bitte {name}, die App zu installieren.",
            "app_unavailable" or "app_failed" => $"{name} hat Postcards, aber die App läuft nicht. Versuche es später noch einmal.",
            "peer_unreachable" => $"Das Portal von {name} ist nicht erreichbar. Vielleicht ist es ausgeschaltet. Versuche es später noch einmal.",
            "peer_timeout" or "app_timeout" => $"Das Portal von {name} hat zu lange nicht geantwortet. Vielleicht ist die Postkarte trotzdem angekommen.",
            "answer_invalid" or "answer_forged" => $"Die Antwort vom Portal von {name} war nicht echt. Ob die Postkarte angekommen ist, weiß man nicht.",
            "rate_limited" or "storage_full" or "database_unavailable" => "Dein Portal ist beschäftigt. Versuche es in einer Minute noch einmal.",
            _ => $"Postcards von {name} hat die Karte nicht angenommen.",
        });

    public static Words For(HttpRequest request) => request.GetTypedHeaders().AcceptLanguage
        .OrderByDescending(language => language.Quality ?? 1)
        .Select(language => language.Value.AsSpan(0, Math.Min(2, language.Value.Length)) switch { "de" => German, "en" => English, _ => null })
        .FirstOrDefault(words => words is not null) ?? English;
}
