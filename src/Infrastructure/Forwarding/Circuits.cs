using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// Circuit breakers: after some failures in a row, calls to a host are refused at once, and one call in a while tests whether it is back. There is one
/// for each host, so that an app that the peer does not run does not affect others.
/// </summary>
internal sealed class Circuits(TimeProvider clock, ILogger<Circuits> log)
{
    private const int FailuresToOpen = 5;
    private const int Most = 10_000;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<(PortalId Portal, string Host), State> states = new();

    /// <exception cref="Domain.Common.RefusedException"><c>peer_unreachable</c>: the circuit is open.</exception>
    public void Enter(PortalId portal, string host)
    {
        if (!states.TryGetValue((portal, host), out var state))
            return;

        lock (state)
        {
            if (state.Failures < FailuresToOpen)
                return;

            var left = state.Pause - clock.GetElapsedTime(state.Since);
            if (left > TimeSpan.Zero)
            {
                throw PeerFailure.Unreachable(
                    state.Reason, $"Calls to the peer failed {state.Failures} times in a row, so they are paused for a while. Try again later.", left);
            }

            state.Since = clock.GetTimestamp(); // this one tries; the others wait another while
        }
    }

    public void Succeeded(PortalId portal, string host)
    {
        if (states.ContainsKey((portal, host)) && states.TryRemove((portal, host), out var state) && state.Failures >= FailuresToOpen) // mostly there is none
            log.LogInformation("{Host} answers again", host);
    }

    /// <param name="reason">Why the call failed, for those that are refused until the next attempt.</param>
    public void Failed(PortalId portal, string host, string reason)
    {
        if (states.Count >= Most)
            states.Clear();

        var state = states.GetOrAdd((portal, host), _ => new State());
        lock (state)
        {
            state.Failures++;
            state.Reason = reason;
            state.Since = clock.GetTimestamp();
            if (state.Failures == FailuresToOpen)
                log.LogWarning("{Host} failed {Failures} times in a row; calls to it are refused for {Pause}", host, state.Failures, state.Pause);
            else if (state.Failures > FailuresToOpen && state.Pause < LongestPause)
                state.Pause = TimeSpan.FromTicks(Math.Min(2 * state.Pause.Ticks, LongestPause.Ticks));
        }
    }

    private sealed class State
    {
        public int Failures { get; set; }

        /// <summary>The code of the last failure.</summary>
        public string Reason { get; set; } = "";

        public long Since { get; set; }

        public TimeSpan Pause { get; set; } = FirstPause;
    }
}
