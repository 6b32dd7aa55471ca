#include "builtin/http_address.hpp"

#include <gtest/gtest.h>

namespace tasker::worker {
namespace {

address_kind kind_of(char const* text) {
    return worker::kind_of(boost::asio::ip::make_address(text));
}

TEST(HttpAddress, HostsOfTheInternetAreGlobal) {
    for (auto const* const each :
         {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
          "172.32.0.0", "192.167.1.1", "223.255.255.255", "2606:4700::1111", "2001:4860::8888",
          "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"}) {
        EXPECT_EQ(kind_of(each), address_kind::global) << each;
    }
}

TEST(HttpAddress, ThisHostAndPrivateNetworksAreLocal) {
    for (auto const* const each :
         {"127.0.0.1", "127.255.255.255", "10.0.0.0", "10.255.255.255", "172.16.0.1",
          "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255", "198.18.0.1", "::1",
          "fc00::1", "fd12:3456::1", "fec0::1", "64:ff9b:1::a00:1", "2001::1"}) {
        EXPECT_EQ(kind_of(each), address_kind::local) << each;
    }
}

TEST(HttpAddress, LinkLocalMetadataAndReservedAddressesAreForbidden) {
    for (auto const* const each :
         {"0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "100.100.100.200",
          "168.63.129.16", "192.0.0.192", "224.0.0.1", "240.0.0.1", "255.255.255.255",
          "::", "fe80::1", "febf::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254"}) {
        EXPECT_EQ(kind_of(each), address_kind::forbidden) << each;
    }
}

TEST(HttpAddress, Version4AddressInsideAVersion6AddressFollowsTheRulesOfVersion4) {
    for (auto const* const each : {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
                                   "::ffff:0:127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::"}) {
        EXPECT_EQ(kind_of(each), address_kind::local) << each;
    }
    for (auto const* const each : {"::ffff:169.254.169.254", "::ffff:0.0.0.0", "::169.254.169.254",
                                   "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::"}) {
        EXPECT_EQ(kind_of(each), address_kind::forbidden) << each;
    }
}

} // namespace
} // namespace tasker::worker
