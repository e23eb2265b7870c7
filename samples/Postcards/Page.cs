using System.Globalization;
using System.Net;

/// <param name="To">The full ID of the chosen peer, or empty.</param>
/// <param name="Failure">Why it was not delivered, in the reader's words; null if nothing failed.</param>
internal sealed record Draft(string To, string Text, string? Failure);

/// <summary>The owner's page: plain HTML without scripts. Everything that is not written here goes through <see cref="Encoded"/>.</summary>
internal static class Page
{
    public static string Of(HttpRequest request, List<Peer> peers, IReadOnlyList<Postcard> cards, Draft draft)
    {
        var words = Words.For(request);
        var portal = "//" + Encoded(request.Host.Value!.Split('.', 2)[^1]); // this host without the name of the app
        var sentTo = peers.Find(peer => peer.Id == request.Query["sent"]);
        return $"""
            <!doctype html>
            <html lang="{words.Language}">
            <meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
            <title>{words.Title}</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/style.css">
            <header><a href="{portal}/home">← {words.Back}</a></header>
            <main>
            <h1>{words.Title}</h1>
            {(sentTo is null ? "" : $"""<p role="status" class="good">{words.Delivered(Encoded(sentTo.Name))}</p>""")}
            {(draft.Failure is null ? "" : $"""<p role="alert" class="bad">{Encoded(draft.Failure)}</p>""")}
            {Form(words, portal, [.. peers.Where(peer => peer.Status == "mutual")], draft)}
            <h2>{words.SentAndReceived}</h2>
            {(cards.Count == 0 ? $"<p>{words.NoneYet}</p>" : string.Concat(cards.Reverse().Select(card => Card(words, card))))}
            </main>
            </html>
            """;
    }

    private static string Form(Words words, string portal, List<Peer> mutual, Draft draft) => mutual.Count == 0
        ? $"""<p>{words.NobodyYet}</p><p><a href="{portal}/peers">{words.Peers}</a> · <a href="{portal}/apps/postcards">{words.Visibility}</a></p>"""
        : $"""
          <form method="post" action="/send">
          <label for="to">{words.To}</label><select id="to" name="to">{string.Concat(mutual.Select(peer =>
              $"""<option value="{Encoded(peer.Id)}"{(peer.Id == draft.To ? " selected" : "")}>{Encoded(peer.Name)}</option>"""))}</select>
          <label for="text">{words.Text}</label>
          <textarea id="text" name="text" dir="auto" required maxlength="{Message.MaxLength}" rows="4">{"\n" + Encoded(draft.Text)}</textarea>
          <button>{words.Send}</button>
          </form>
          """;

    private static string Card(Words words, Postcard card) => $"""
        <article class="{(card.Sent ? "sent" : "received")}">
        <p dir="auto">{Encoded(card.Text)}</p>
        <footer>{(card.Sent ? words.SentTo : words.ReceivedFrom)} <b><bdi>{Encoded(card.Name)}</bdi></b> · {Time(card.At)}
        {(card.Sent ? "" : $"""· <a href="/?to={Uri.EscapeDataString(card.Peer)}#text">{words.Answer}</a>""")}</footer>
        </article>
        """;

    private static string Time(DateTimeOffset at) => string.Create(
        CultureInfo.InvariantCulture, $"<time datetime=\"{at:O}\">{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC</time>");

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);
}
