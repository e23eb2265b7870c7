using Microsoft.Playwright;
using SkiaSharp;

namespace PeerRegistry.Api.Tests.Pages;

[Collection(nameof(Browsing))]
public sealed class AvatarPageTests(Browsing browsing) : BrowserTests(browsing)
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task A_large_photo_becomes_a_small_square_with_scripts_and_without(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        var (owner, anybody) = (await Browsing.Owner(a, scripts), await Browsing.Anybody());
        await owner.Open(a, "/profile");
        await owner.Locator("input[type=file]").SetInputFilesAsync(Photo(1600, 1200));
        if (scripts)
        {
            await owner.Locator("[data-crop] canvas").WaitForAsync();
            await owner.Locator("[data-crop] input").FillAsync("4");
            await owner.Locator("[data-crop] canvas").PressAsync("ArrowLeft");
        }

        await owner.Locator("#avatar button").ClickAsync();
        await owner.WaitForURLAsync("**/profile?done=avatar");
        await anybody.Open(a, "/");
        Assert.Equal(scripts ? 300 : 512, await anybody.Locator("img.avatar").EvaluateAsync<int>("image => image.naturalWidth"));
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task A_photo_that_the_browser_cannot_read_is_refused_with_the_way_out()
    {
        var a = await Browsing.Move("Ada");
        var owner = await Browsing.Owner(a);
        await owner.Open(a, "/profile");
        await owner.Locator("input[type=file]").SetInputFilesAsync(
            new FilePayload { Name = "IMG_0001.HEIC", MimeType = "image/heic", Buffer = "\0\0\0\u0018ftypheic\0\0\0\0mif1heic"u8.ToArray() });
        Assert.True(await owner.Locator("[data-crop]").IsHiddenAsync());
        await owner.Locator("#avatar button").ClickAsync();
        Assert.Contains("HEIC", await owner.Locator("#avatar-picture-error").InnerTextAsync(), StringComparison.Ordinal);
    }

    /// <summary>Noise, which no format makes small.</summary>
    private static FilePayload Photo(int width, int height)
    {
        using var noise = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        System.Security.Cryptography.RandomNumberGenerator.Fill(noise.GetPixelSpan());
        using var photo = noise.Encode(SKEncodedImageFormat.Jpeg, 60);
        return new FilePayload { Name = "IMG_0001.JPG", MimeType = "image/jpeg", Buffer = photo.ToArray() };
    }
}
