#include "builtin/builtin.hpp"
#include "failure_of.hpp"
#include "http_peer.hpp"
#include "tls_peer.hpp"

#include "tasker/base/time.hpp"
#include "tasker/testing/fake_name.hpp"
#include "tasker/worker/run_handler.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;

http_settings local_allowed() {
    http_settings options;
    options.private_addresses = address_policy::allow;
    return options;
}

step_result request(json initialization, std::stop_token cancelled_by = {},
                    http_settings const& options = local_allowed()) {
    return try_handler([&options](step_context const& step) { return run_http(options, step); },
                       {.name = "call",
                        .initialization = std::move(initialization),
                        .cancelled_by = std::move(cancelled_by)});
}

TEST(HttpConnection, TimeLimitCoversNameResolution) {
    testing::fake_name const slow{"slow.example", "127.0.0.1", 60s};
    auto const before = steady_clock::now();
    auto const failure =
        failure_of(request({{"url", "http://slow.example:9/"}, {"timeout_ms", 200}}));
    EXPECT_LT(steady_clock::now() - before, 20s);
    EXPECT_EQ(failure.type, "http_timeout");
}

TEST(HttpConnection, CancellationEndsNameResolution) {
    testing::fake_name const slow{"slow.example", "127.0.0.1", 60s};
    std::stop_source stop;
    std::jthread const canceller{[&stop] { stop.request_stop(); }};
    auto const before = steady_clock::now();
    auto const failure = failure_of(request({{"url", "http://slow.example:9/"}}, stop.get_token()));
    EXPECT_LT(steady_clock::now() - before, 20s);
    EXPECT_EQ(failure.type, "cancelled");
}

void expect_refused(std::string const& url, http_settings const& options = {}) {
    auto const failure = failure_of(request({{"url", url}}, {}, options));
    EXPECT_TRUE(failure.permanent) << url;
    EXPECT_EQ(failure.type, "address_refused") << url << ": " << failure.message;
}

TEST(HttpConnection, LocalAddressesAreRefusedByDefault) {
    for (auto const* const url :
         {"http://127.0.0.1:9/", "http://localhost:9/", "http://127.1:9/", "http://2130706433:9/",
          "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/", "http://10.0.0.1:9/"}) {
        expect_refused(url);
    }
    EXPECT_THAT(failure_of(request({{"url", "http://127.0.0.1:9/"}}, {}, {})).message,
                HasSubstr("http.private_addresses"));
}

TEST(HttpConnection, AddressThatANameResolvesToDecides) {
    {
        testing::fake_name const rebound{"rebound.example", "127.0.0.1"};
        expect_refused("http://rebound.example:9/");
    }
    testing::fake_name const metadata{"metadata.example", "169.254.169.254"};
    expect_refused("http://metadata.example/latest/", local_allowed());
}

TEST(HttpConnection, LinkLocalAndUnspecifiedAddressesAreAlwaysRefused) {
    for (auto const* const url :
         {"http://169.254.169.254/", "http://0.0.0.0:9/", "http://0:9/", "http://[fe80::1]:9/",
          "http://[::]:9/", "http://[::ffff:169.254.169.254]/"}) {
        expect_refused(url, local_allowed());
    }
}

TEST(HttpConnection, OnlyAllowedHostsAreCalled) {
    auto options = local_allowed();
    options.allowed_hosts = {"api.example", "::1"};
    auto const failure = failure_of(request({{"url", "http://127.0.0.1:9/"}}, {}, options));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "host_refused");
    EXPECT_THAT(failure.message, HasSubstr("\"127.0.0.1\", which is not in http.allowed_hosts"));

    http_peer const peer{[](auto const&) { return http_answer("200 OK", "", ""); }};
    testing::fake_name const name{"api.example", "127.0.0.1"};
    auto const port = peer.url("").substr(std::string{"http://127.0.0.1"}.size());
    auto const answered = request({{"url", "http://API.example" + port + "/"}}, {}, options);
    EXPECT_TRUE(answered.is_success()) << failure_of(answered).message;
}

std::filesystem::path certificate_path() {
    return std::filesystem::path{::testing::TempDir()} /
           (std::string{::testing::UnitTest::GetInstance()->current_test_info()->name()} + ".pem");
}

TEST(HttpConnection, HttpsAnswerOfATrustedServerIsTheResult) {
    tls_peer const peer{certificate_path()};
    setenv("SSL_CERT_FILE", certificate_path().c_str(), 1);
    auto result = request({{"url", peer.url()}});
    unsetenv("SSL_CERT_FILE");
    ASSERT_TRUE(result.is_success()) << failure_of(result).message;
    EXPECT_EQ(json::parse(std::move(result).json_text())["body"], "secure");
}

TEST(HttpConnection, UntrustedCertificateIsAFailure) {
    tls_peer const peer{certificate_path()};
    auto const failure = failure_of(request({{"url", peer.url()}}));
    EXPECT_EQ(failure.type, "http_failed");
    EXPECT_THAT(failure.message, HasSubstr("certificate"));
}

} // namespace
} // namespace tasker::worker
