/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml/dma.hpp without exceptions and run-time type information: every call by its form with a
 * code. The program returns the number of the line at which something was wrong, modulo 256.
 */
#include <aml/dma.hpp>

#ifdef AML_DMA_HPP_EXCEPTIONS
#error "this file is to be compiled with -fno-exceptions"
#endif

#define EXPECT(condition)                                                               \
	do {                                                                            \
		if (!(condition)) {                                                     \
			std::fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, \
				     ec.message().c_str());                             \
			return __LINE__ % 256 == 0 ? 1 : __LINE__ % 256;                \
		}                                                                       \
	} while (0)

static int fail_with_domain(aml_layout *, const aml_layout *, void *)
{
	return -AML_EDOM;
}

int main()
{
	std::error_code ec;
	aml::library library = aml::library::start(ec);
	EXPECT(!ec && library.shared_engine());
	aml::engine engine = aml::engine::create(1, ec);
	EXPECT(!ec && engine);

	std::vector<int> a{1, 2, 3, 4, 5, 6}, b(6), c(6);
	aml::layout from = aml::dense_layout(a.data(), aml::order::row_major, {2, 3}, {}, {}, ec);
	EXPECT(!ec);
	aml::layout to = aml::steps_layout(b.data(), aml::order::row_major, {2, 3}, {4, 8}, ec);
	EXPECT(!ec);
	engine.copy(to, from, ec);
	EXPECT(!ec && (b == std::vector<int>{1, 4, 2, 5, 3, 6}));

	aml::layout part = from.slice({0, 1}, {2, 2}, {}, ec);
	EXPECT(!ec);
	part = part.reverse(0, ec);
	EXPECT(!ec);
	aml::layout line = aml::reshape_layout(part.duplicate(ec), aml::order::row_major, {4}, ec);
	EXPECT(!ec);
	aml::layout padded =
		aml::pad_layout(std::move(line), aml::order::row_major, {6}, -1, {1}, ec);
	EXPECT(!ec && !line);
	aml::request request =
		library.shared_engine().async_copy(aml::layout_of(c, ec), padded, ec);
	EXPECT(!ec);
	request.wait(ec);
	EXPECT(!ec && (c == std::vector<int>{-1, 5, 6, 2, 3, -1}));

	request = engine.async_copy(to, from, fail_with_domain, nullptr, ec);
	EXPECT(!ec && request);
	std::future<std::error_code> result = request.future(ec);
	EXPECT(!ec && !request && result.get() == aml::errc::domain);
	request = engine.async_copy(to, from, ec);
	EXPECT(request.wait_for(std::chrono::hours(1), ec) && !ec);
	request = engine.async_copy(to, from, ec);
	request.cancel(ec);
	EXPECT(!ec && !request);
	engine.barrier(ec);
	EXPECT(!ec && engine.cancel_all(ec) == 0 && !ec);

	from.reshape({7}, ec);
	EXPECT(ec == aml::errc::invalid);
	request.wait(ec);
	EXPECT(ec == aml::errc::invalid);
	aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	attr.size = 0;
	aml::engine none = aml::engine::create(attr, ec);
	EXPECT(ec == aml::errc::invalid && !none);
	return 0;
}
