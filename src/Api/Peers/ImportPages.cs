using System.Text;
using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Circles;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

/// <summary>
/// Saves the contact list as a file and reads such a file. Before anything is added, a page says what would happen to each line. The peers that
/// are added are contacted through the queue like all others, so a long list does not reach out to a thousand hosts at once.
/// </summary>
internal static class ImportPages
{
    /// <summary>In bytes. The second form has the file as a field.</summary>
    private const int MaxForm = PeerFile.MaxLength + BodyLimit.BesideLargeField;

    /// <summary>Shorter than the time after which proxies give a request up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Spreadsheets take a table for UTF-8 only if it begins with this.</summary>
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    public static void MapImportPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/peers/export.csv", (HttpContext context, CurrentPortal portal) => Saved(context, "csv", Table(portal, QueryOf(context))));
        pages.MapGet("/peers/export.vcf", (HttpContext context, CurrentPortal portal) => Saved(context, "vcf", Cards(portal, QueryOf(context))));
        pages.MapGet("/peers/import", () => PageResults.Page<ImportPage>(ImportPage.View.Empty));
        pages.MapPost("/peers/import", Preview).WithMetadata(new BodyLimit(MaxForm));
        pages.MapPost("/peers/import/do", Import).WithMetadata(new BodyLimit(MaxForm));
    }

    private static PeerQuery QueryOf(HttpContext context) => PeerQuery.Of(name => context.Request.Query[name].ToString());

    private static string Table(CurrentPortal portal, PeerQuery query) => PeerTable.Write(
        portal.Snapshot.FindPeers(query.Filter).Select(peer => (peer, CirclesOf(portal, peer), JsonName(peer.Standing()))));

    private static string Cards(CurrentPortal portal, PeerQuery query) =>
        PeerCards.Write(portal.Snapshot.FindPeers(query.Filter).Select(peer => (peer, CirclesOf(portal, peer))));

    private static IReadOnlyList<string> CirclesOf(CurrentPortal portal, Peer peer) =>
        [.. portal.Snapshot.Circles.In(peer.Circles).Select(circle => circle.Name)];

    private static string JsonName(PeerStanding standing) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(standing.ToString());

    private static IResult Saved(HttpContext context, string kind, string text)
    {
        var isTable = kind == "csv";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"peers.{kind}\"";
        return Results.Bytes((byte[])[.. isTable ? ByteOrderMark : [], .. Encoding.UTF8.GetBytes(text)], $"text/{(isTable ? "csv" : "vcard")}; charset=utf-8");
    }

    private static async Task<IResult> Preview(PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        try
        {
            var text = form["text"] ?? await TextOf(form.File("file"), ct);
            var plan = await mediator.Send(new PlanImport(portal.Id, text), ct);
            return PageResults.Page<ImportPage>(new ImportPage.View(text, plan, NewCircles(portal, plan), Done: 0));
        }
        catch (RefusedException refused)
        {
            return PageResults.Page<ImportPage>(ImportPage.View.Empty, new FormFailure("import", "file", refused, form));
        }
    }

    private static async Task<IResult> Import(
        PageForm form, CurrentPortal portal, IMediator mediator, IPortalSnapshots snapshots, TimeProvider clock, CancellationToken ct)
    {
        var (start, done) = (clock.GetTimestamp(), 0);
        var text = form["text"] ?? "";
        var plan = await mediator.Send(new PlanImport(portal.Id, text), ct);
        foreach (var name in NewCircles(portal, plan))
            await Unless("circle_limit", mediator.Send(new CreateCircle(portal.Id, name), ct));
        portal.Refresh(snapshots);

        foreach (var peer in plan.Where(peer => peer.Step == ImportStep.Add))
        {
            if (clock.GetElapsedTime(start) > Patience)
                return PageResults.Page<ImportPage>(new ImportPage.View(text, await mediator.Send(new PlanImport(portal.Id, text), ct), [], done));

            await Add(portal, peer, mediator, ct);
            done++;
        }

        return PageResults.Done("/peers", "peers-imported");
    }

    private static async Task Add(CurrentPortal portal, PlannedPeer peer, IMediator mediator, CancellationToken ct)
    {
        var id = peer.Id!.Value;
        await mediator.Send(new AddPeer(portal.Id, id, new(peer.Line.Name), new Optional<string?>(peer.Address)), ct);
        if (peer.Line.Note is not null)
            await mediator.Send(new NotePeer(portal.Id, id, peer.Line.Note), ct);
        var names = peer.Line.Circles.Select(Likeness.Of).ToHashSet(StringComparer.Ordinal);
        var circles = portal.Snapshot.Circles.All.Where(circle => names.Contains(Likeness.Of(circle.Name))).Select(circle => circle.Id).ToList();
        if (circles.Count > 0)
            await mediator.Send(new SetPeerCircles(portal.Id, id, circles), ct);
    }

    /// <summary>The circles that the new peers of the file are in and that do not exist yet.</summary>
    private static IReadOnlyList<string> NewCircles(CurrentPortal portal, IReadOnlyList<PlannedPeer> plan)
    {
        var known = portal.Snapshot.Circles.All.Select(circle => Likeness.Of(circle.Name)).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. plan.Where(peer => peer.Step == ImportStep.Add).SelectMany(peer => peer.Line.Circles).Where(CircleList.IsName)
                .DistinctBy(Likeness.Of).Where(name => !known.Contains(Likeness.Of(name))).Take(CircleList.MaxCircles),
        ];
    }

    /// <summary>Waits for a command that may be refused with this code, which changes nothing.</summary>
    private static async Task Unless(string code, Task command)
    {
        try
        {
            await command;
        }
        catch (RefusedException refused) when (refused.Code == code)
        {
            // the peers are added without this circle
        }
    }

    private static async Task<string> TextOf(IFormFile? file, CancellationToken ct)
    {
        if (file is null)
            throw new RefusedException(RefusalKind.Invalid, "import_invalid", "Choose a file, or paste its text.");

        using var reader = new StreamReader(file.OpenReadStream(), Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        return await reader.ReadToEndAsync(ct);
    }
}
