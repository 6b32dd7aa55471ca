#include "builtin/http_address.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <iterator>
#include <vector>

namespace ip = boost::asio::ip;

namespace tasker::worker {

namespace {

template <class Network>
struct block {
    Network network;
    address_kind kind;
};

/// The first block that contains the address decides.
std::vector<block<ip::network_v4>> const& blocks_v4() {
    using enum address_kind;
    static auto const make = [](char const* network, address_kind kind) {
        return block<ip::network_v4>{ip::make_network_v4(network), kind};
    };
    static std::vector<block<ip::network_v4>> const blocks{
        make("0.0.0.0/8", forbidden),          // this network
        make("169.254.0.0/16", forbidden),     // link-local, metadata
        make("192.0.0.0/24", forbidden),       // protocol assignments, metadata
        make("100.100.100.200/32", forbidden), // metadata
        make("168.63.129.16/32", forbidden),   // metadata
        make("192.0.2.0/24", forbidden),       // documentation
        make("198.51.100.0/24", forbidden),    // documentation
        make("203.0.113.0/24", forbidden),     // documentation
        make("224.0.0.0/4", forbidden),        // multicast
        make("240.0.0.0/4", forbidden),        // reserved, broadcast
        make("10.0.0.0/8", local),             // private
        make("100.64.0.0/10", local),          // shared by the customers of a provider
        make("127.0.0.0/8", local),            // loopback
        make("172.16.0.0/12", local),          // private
        make("192.168.0.0/16", local),         // private
        make("198.18.0.0/15", local),          // benchmarking
    };
    return blocks;
}

std::vector<block<ip::network_v6>> const& blocks_v6() {
    using enum address_kind;
    static auto const make = [](char const* network, address_kind kind) {
        return block<ip::network_v6>{ip::make_network_v6(network), kind};
    };
    static std::vector<block<ip::network_v6>> const blocks{
        make("::/128", forbidden),            // unspecified
        make("fe80::/10", forbidden),         // link-local
        make("ff00::/8", forbidden),          // multicast
        make("100::/64", forbidden),          // discarded
        make("2001:db8::/32", forbidden),     // documentation
        make("fd00:ec2::254/128", forbidden), // metadata
        make("fd20:ce::254/128", forbidden),  // metadata
        make("::1/128", local),               // loopback
        make("64:ff9b:1::/48", local),        // translation inside a network
        make("2001::/32", local),             // Teredo, which carries IPv4 in disguise
        make("fc00::/7", local),              // private
        make("fec0::/10", local),             // private, deprecated
    };
    return blocks;
}

/// A network of IPv6 whose addresses contain an IPv4 address, from byte `at` on.
struct carrier {
    ip::network_v6 network;
    std::size_t at;
};

std::vector<carrier> const& carriers() {
    constexpr std::size_t last = 12;
    static std::vector<carrier> const all{
        {ip::make_network_v6("::ffff:0:0/96"), last},   // mapped
        {ip::make_network_v6("::ffff:0:0:0/96"), last}, // translated
        {ip::make_network_v6("::/96"), last},           // compatible
        {ip::make_network_v6("64:ff9b::/96"), last},    // NAT64
        {ip::make_network_v6("2002::/16"), 2},          // 6to4
    };
    return all;
}

template <class Network, class Address>
bool holds(Network const& network, Address const& address) {
    return Network{address, network.prefix_length()}.network() == network.network();
}

/// Global if no block contains it.
template <class Blocks, class Address>
address_kind look_up(Blocks const& blocks, Address const& address) {
    auto const found = std::ranges::find_if(
        blocks, [&](auto const& each) { return holds(each.network, address); });
    return found == blocks.end() ? address_kind::global : found->kind;
}

address_kind kind_of_v6(ip::address_v6 const& address) {
    if (auto const kind = look_up(blocks_v6(), address); kind != address_kind::global) {
        return kind;
    }
    auto const found = std::ranges::find_if(
        carriers(), [&](carrier const& each) { return holds(each.network, address); });
    if (found == carriers().end()) {
        return address_kind::global;
    }
    auto const bytes = address.to_bytes();
    ip::address_v4::bytes_type carried{};
    std::copy_n(std::next(bytes.begin(), static_cast<std::ptrdiff_t>(found->at)), carried.size(),
                carried.begin());
    return look_up(blocks_v4(), ip::address_v4{carried});
}

} // namespace

address_kind kind_of(ip::address const& address) {
    return address.is_v4() ? look_up(blocks_v4(), address.to_v4()) : kind_of_v6(address.to_v6());
}

} // namespace tasker::worker
