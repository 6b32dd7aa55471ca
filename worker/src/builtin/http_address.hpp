#pragma once

#include <boost/asio/ip/address.hpp>

namespace tasker::worker {

/// The kind of network that an address belongs to.
enum class address_kind {
    global,    ///< a host of the internet
    local,     ///< this host or its private networks
    forbidden, ///< never called: link-local, a cloud's metadata, multicast,
               ///< reserved or unspecified
};

/// Source: IANA's registries of special-purpose addresses, and the metadata addresses that clouds
/// document. An IPv6 address that contains an IPv4 address is treated as that address.
address_kind kind_of(boost::asio::ip::address const& address);

} // namespace tasker::worker
