using System.Net;
using System.Net.Sockets;

namespace PeftStudio.Web.Fetching;

/// <summary>
/// Whom a fetch may connect to: its origin, which the operator named, and any public address that the origin leads to. A private address (this
/// machine, the network around it, a cloud's metadata) only where the origin is private itself: a public host must not be able to send the studio there.
/// Judged after the name is resolved, on the address that is connected to.
/// </summary>
internal sealed class OutboundGuard(Uri origin)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, cancel);
        if (!IsNamed(host, context.InitialRequestMessage.RequestUri) && !addresses.All(IsPublic) && (await Dns.GetHostAddressesAsync(origin.Host, cancel)).All(IsPublic))
            throw new FetchRefused($"{origin.Host} leads to {host}, an address of this network, which is not followed", StatusCodes.Status502BadGateway);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether the address is one of the open internet: neither of this machine nor of a network that is not routed there.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !(address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6UniqueLocal || address.IsIPv6Multicast);
        return address.GetAddressBytes() is not ([0 or 10 or 127, ..] or [100, >= 64 and <= 127, ..] or [169, 254, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [192, 0, 0, _] or [198, 18 or 19, ..] or [>= 224, ..]);
    }

    // A proxy of the environment is the operator's word too; the connection then leads to the proxy, which resolves the name itself.
    private bool IsNamed(string host, Uri? asked) =>
        string.Equals(host, origin.IdnHost, StringComparison.OrdinalIgnoreCase)
        || (asked is not null && HttpClient.DefaultProxy.GetProxy(asked) is { } proxy && string.Equals(host, proxy.IdnHost, StringComparison.OrdinalIgnoreCase));
}
