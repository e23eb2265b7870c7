using PeerRegistry.Domain.Peers;

namespace PeerRegistry.Domain.Specs.Peers;

public sealed class BackoffSpecs
{
    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(5, 160)]
    [InlineData(12, 20_480)]
    [InlineData(13, 21_600)]
    [InlineData(100_000, 21_600)]
    public void The_pause_doubles_with_each_failure_up_to_six_hours(int attempts, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Pause(attempts, chance: 0.5));

    [Theory]
    [InlineData(0, 7.5)]
    [InlineData(1, 12.5)]
    public void The_pause_varies_by_a_quarter(double chance, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Pause(1, chance));

    [Theory]
    [InlineData(0, 3)]
    [InlineData(0.5, 6)]
    [InlineData(1, 9)]
    public void The_identity_is_asked_for_again_after_three_to_nine_hours(double chance, double hours) =>
        Assert.Equal(TimeSpan.FromHours(hours), Backoff.Refresh(chance));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(9)]
    [InlineData(int.MinValue)]
    public void Retry_After_never_shortens_the_pause(int asked) =>
        Assert.Equal(TimeSpan.FromSeconds(10), Backoff.Pause(1, 0.5, TimeSpan.FromSeconds(asked)));

    [Fact]
    public void Retry_After_lengthens_the_pause() =>
        Assert.Equal(TimeSpan.FromMinutes(5), Backoff.Pause(1, 0.5, TimeSpan.FromMinutes(5)));

    [Fact]
    public void Retry_After_lengthens_the_pause_to_six_hours_at_most() =>
        Assert.Equal(TimeSpan.FromHours(6), Backoff.Pause(1, 0.5, TimeSpan.FromSeconds(int.MaxValue)));

    [Fact]
    public void The_cap_on_Retry_After_does_not_shorten_a_longer_pause() =>
        Assert.Equal(TimeSpan.FromHours(7.5), Backoff.Pause(20, 1, TimeSpan.FromDays(1)));
}
