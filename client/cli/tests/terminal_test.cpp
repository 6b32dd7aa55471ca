#include "terminal.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace tasker::cli {

namespace {

/// Sets variables for one test.
class Terminal : public ::testing::Test {
protected:
    Terminal() {
        for (auto const* name : names) {
            auto const* const value = std::getenv(name);
            before_.emplace_back(value == nullptr ? "" : value);
            ::unsetenv(name);
        }
        EXPECT_EQ(::pipe(ends_.data()), 0);
    }

    ~Terminal() override {
        for (std::size_t at = 0; at < names.size(); ++at) {
            before_[at].empty() ? ::unsetenv(names.at(at))
                                : ::setenv(names.at(at), before_[at].c_str(), 1);
        }
        ::close(ends_[0]);
        ::close(ends_[1]);
    }

    bool has_unicode() const {
        return terminal::of(ends_[1]).has_unicode;
    }

    static constexpr std::array names{"LC_ALL", "LC_CTYPE", "LANG", "TERM", "NO_COLOR"};
    std::array<int, 2> ends_{};

private:
    std::vector<std::string> before_;
};

TEST_F(Terminal, APipeHasNoColoursAndTheUsualSize) {
    auto const out = terminal::of(ends_[1]);
    EXPECT_FALSE(out.is_tty);
    EXPECT_FALSE(out.has_colour);
    EXPECT_EQ(out.columns, 80U);
    EXPECT_EQ(out.rows, 24U);
}

TEST_F(Terminal, TheFirstLocaleThatIsSetDecidesOnUnicode) {
    EXPECT_TRUE(has_unicode());
    ::setenv("LANG", "C", 1);
    EXPECT_FALSE(has_unicode());
    ::setenv("LC_CTYPE", "de_DE.UTF-8", 1);
    EXPECT_TRUE(has_unicode());
    ::setenv("LC_ALL", "POSIX", 1);
    EXPECT_FALSE(has_unicode());
    ::setenv("LC_ALL", "C.utf8", 1);
    EXPECT_TRUE(has_unicode());
}

TEST_F(Terminal, ADumbTerminalGetsAscii) {
    ::setenv("TERM", "dumb", 1);
    EXPECT_FALSE(has_unicode());
}

TEST(Render, CutsTextThatDoesNotFit) {
    terminal const out{.is_tty = true, .has_colour = true};
    EXPECT_EQ(render({{"ab", tone::good}, {"cdef"}}, 4, out), "\x1b[32mab\x1b[0mc…");
    EXPECT_EQ(render({{"ab"}, {"cd"}}, 4, out), "abcd");
}

} // namespace

} // namespace tasker::cli
