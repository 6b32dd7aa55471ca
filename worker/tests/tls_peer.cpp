#include "tls_peer.hpp"

#include "http_peer.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

namespace tasker::worker {

namespace {

constexpr unsigned key_bits = 2'048;
constexpr long an_hour = 3'600;

template <auto Free>
struct freed_by {
    template <class Handle>
    void operator()(Handle* handle) const {
        Free(handle);
    }
};

using key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate = std::unique_ptr<X509, freed_by<X509_free>>;
using extension = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;

certificate self_signed(EVP_PKEY* by) {
    certificate made{X509_new()};
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -an_hour);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), an_hour);
    X509_set_pubkey(made.get(), by);
    auto* const name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<unsigned char const*>("tasker test"), -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    extension const address{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1")};
    X509_add_ext(made.get(), address.get(), -1);
    if (X509_sign(made.get(), by, EVP_sha256()) == 0) {
        throw std::runtime_error{"cannot make a certificate"};
    }
    return made;
}

void write_file(std::filesystem::path const& path, X509* written) {
    std::unique_ptr<std::FILE, freed_by<std::fclose>> const file{std::fopen(path.c_str(), "w")};
    if (!file || PEM_write_X509(file.get(), written) == 0) {
        throw std::runtime_error{"cannot write " + path.string()};
    }
}

} // namespace

struct tls_peer::server {
    void serve() {
        auto socket = acceptor.accept();
        ssl::stream<asio::ip::tcp::socket> stream{std::move(socket), tls};
        boost::system::error_code failure;
        stream.handshake(ssl::stream_base::server, failure);
        if (failure) {
            return;
        }
        boost::beast::flat_buffer buffer;
        http_peer::request_type request;
        boost::beast::http::read(stream, buffer, request, failure);
        asio::write(stream, asio::buffer(http_answer("200 OK", "", "secure")), failure);
        stream.shutdown(failure);
    }

    asio::io_context io;
    asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    ssl::context tls{ssl::context::tls_server};
};

tls_peer::tls_peer(std::filesystem::path certificate)
    : certificate_{std::move(certificate)},
      server_{std::make_unique<server>()} {
    key const own{EVP_RSA_gen(key_bits)};
    auto const made = self_signed(own.get());
    SSL_CTX_use_PrivateKey(server_->tls.native_handle(), own.get());
    SSL_CTX_use_certificate(server_->tls.native_handle(), made.get());
    write_file(certificate_, made.get());
    thread_ = std::thread{[this] { server_->serve(); }};
}

tls_peer::~tls_peer() {
    asio::ip::tcp::socket own{server_->io};
    boost::system::error_code failure;
    own.connect(server_->acceptor.local_endpoint(), failure);
    own.close(failure);
    thread_.join();
    std::filesystem::remove(certificate_);
}

std::string tls_peer::url() const {
    return "https://127.0.0.1:" + std::to_string(server_->acceptor.local_endpoint().port()) + '/';
}

} // namespace tasker::worker
