using System.Globalization;
using PeerRegistry.Api.Pages;

namespace PeerRegistry.Api.Tests.Pages;

public sealed class TimeWordsTests
{
    [Theory]
    [InlineData("6.23:59:57", "in 7 days")]
    [InlineData("7.00:00:00", "in 7 days")]
    [InlineData("6.23:59:00", "in 6 days")]
    [InlineData("-6.23:59:57", "6 days ago")]
    [InlineData("00:59:45", "in 1 hour")]
    [InlineData("00:00:20", "within a minute")]
    [InlineData("-00:00:59", "just now")]
    [InlineData("-75.00:00:00", "2 months ago")]
    public void A_duration_is_shown_in_its_largest_whole_unit(string away, string words) =>
        Assert.Equal(words, Time.Words(TimeSpan.Parse(away, CultureInfo.InvariantCulture)));
}
