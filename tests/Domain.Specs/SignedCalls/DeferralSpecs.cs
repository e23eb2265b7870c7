using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Domain.Specs.SignedCalls;

public sealed class DeferralSpecs
{
    [Theory]
    [InlineData("peer_unreachable", true)]
    [InlineData("peer_timeout", true)]
    [InlineData("database_unavailable", true)]
    [InlineData("peering_not_mutual", false)]
    [InlineData("app_not_installed", false)]
    [InlineData("answer_forged", false)]
    public void A_call_is_tried_again_only_if_the_peer_could_not_be_asked(string code, bool isAgain) => Assert.Equal(isAgain, Deferral.MayBeTriedAgain(code));

    [Theory]
    [InlineData(429, true)]
    [InlineData(503, true)]
    [InlineData(500, false)]
    [InlineData(404, false)]
    [InlineData(200, false)]
    public void An_answer_is_final_unless_it_asks_for_another_attempt(int status, bool isAgain) => Assert.Equal(isAgain, Deferral.MayBeTriedAgain(status));

    [Theory]
    [InlineData("peer_unreachable", false)]
    [InlineData("stopping", false)]
    [InlineData("peer_timeout", true)]
    public void Only_a_call_that_may_be_the_cause_of_a_failure_lets_others_go_first(string code, bool isSetBack) =>
        Assert.Equal(isSetBack, Deferral.SetsBack(code));

    [Theory]
    [InlineData(1, null, 10)]
    [InlineData(7, null, 640)]
    [InlineData(1000, null, 640)]
    [InlineData(1, 3600, 3600)]
    [InlineData(1, 86_400, 21_600)]
    [InlineData(1, -5, 10)]
    public void The_pause_grows_to_about_ten_minutes_or_to_what_the_peer_asks_for(int attempts, int? asked, double seconds) =>
        Assert.Equal(seconds, Deferral.Pause(attempts, 0.5, asked is { } s ? TimeSpan.FromSeconds(s) : null).TotalSeconds);

    [Theory]
    [InlineData("a", true)]
    [InlineData("\"8e03978e-40d5-43e8-bc93-6e26fd1d3a65\"", true)]
    [InlineData("", false)]
    [InlineData("two words", false)]
    [InlineData("a\tb", false)]
    [InlineData("ä", false)]
    public void A_key_has_visible_ASCII_characters_only(string key, bool isValid) => Assert.Equal(isValid, IdempotencyKey.IsValid(key));

    [Fact]
    public void A_key_has_at_most_128_characters()
    {
        Assert.True(IdempotencyKey.IsValid(new string('k', 128)));
        Assert.False(IdempotencyKey.IsValid(new string('k', 129)));
    }
}
