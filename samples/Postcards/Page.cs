using System.Net;
using System.Text;

/// <summary>Plain HTML; everything that somebody else wrote is encoded.</summary>
internal static class Page
{
    public static string Of(IReadOnlyList<Peer> peers, IReadOnlyCollection<Postcard> received)
    {
        var mutual = peers.Where(p => p.Status == "mutual").ToList();
        var page = new StringBuilder("""
            <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Postcards</title>
            <style>body{font:1.1rem/1.5 system-ui;max-width:34rem;margin:2rem auto;padding:0 1rem}textarea,select,button{font:inherit;width:100%;margin:.3rem 0}
            blockquote{border-left:4px solid #2a6;margin:1rem 0;padding:.2rem 1rem}</style>
            <h1>Postcards</h1>
            """);
        page.Append(mutual.Count == 0
            ? "<p>Nobody to write to yet. Add a peer on your Portal, wait until you have both added each other, and let this app see it.</p>"
            : $"""
              <form method="post" action="/send">
              <label>To <select name="to">{string.Concat(mutual.Select(p => $"<option value=\"{p.Id}\">{Encoded(p.Name)} ({p.ShortId})</option>"))}</select></label>
              <label>Text <textarea name="text" required maxlength="1000" rows="4"></textarea></label><button>Send</button></form>
              """);
        page.Append("<h2>Received</h2>").Append(received.Count == 0 ? "<p>Nothing yet.</p>" : "");
        foreach (var card in received.Reverse())
            page.Append($"<blockquote><p>{Encoded(card.Text)}</p><footer>{Encoded(card.Name)} ({card.From[..6]})</footer></blockquote>");
        return page.ToString();
    }

    private static string Encoded(string text) => WebUtility.HtmlEncode(text);
}
