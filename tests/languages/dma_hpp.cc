/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aml/dma.hpp with exceptions: what handles own, layouts of C++ memory, errors, waits and futures.
 * Expected contents are written out or computed by plain loops. dma_hpp.sh builds this file in
 * several standards; with -DMDSPAN also the tests of std::mdspan.
 */
#include <aml/dma.hpp>

#include <array>
#include <atomic>
#include <climits>
#include <limits>
#include <list>
#include <numeric>
#include <semaphore.h>
#include <thread>

#define EXPECT(condition)                                                                 \
	do {                                                                              \
		if (!(condition)) {                                                       \
			std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, \
				     #condition);                                         \
			std::exit(1);                                                     \
		}                                                                         \
	} while (0)

/* The call throws aml::error with this code. */
#define EXPECT_ERROR(call, expected)                                                       \
	do {                                                                               \
		bool thrown = false;                                                       \
		try {                                                                      \
			static_cast<void>(call);                                           \
		} catch (const aml::error &e) {                                            \
			thrown = e.code() == (expected);                                   \
		}                                                                          \
		if (!thrown) {                                                             \
			std::fprintf(stderr, "%s:%d: no %s from %s\n", __FILE__, __LINE__, \
				     #expected, #call);                                    \
			std::exit(1);                                                      \
		}                                                                          \
	} while (0)

/* An operator that says that it runs, and then waits until it may end. */
struct Gate {
	sem_t began, open;
	std::atomic<bool> ended{false};

	Gate()
	{
		sem_init(&began, 0, 0);
		sem_init(&open, 0, 0);
	}

	~Gate()
	{
		sem_destroy(&began);
		sem_destroy(&open);
	}

	void wait_until_it_runs()
	{
		while (sem_wait(&began) != 0)
			continue;
	}

	void let_it_end()
	{
		sem_post(&open);
	}

	static int run(aml_layout *, const aml_layout *, void *arg)
	{
		Gate *gate = static_cast<Gate *>(arg);

		sem_post(&gate->began);
		while (sem_wait(&gate->open) != 0)
			continue;
		gate->ended = true;
		return AML_SUCCESS;
	}
};

static int fail_with_domain(aml_layout *, const aml_layout *, void *)
{
	return -AML_EDOM;
}

static int count_run(aml_layout *, const aml_layout *, void *arg)
{
	static_cast<std::atomic<int> *>(arg)->fetch_add(1);
	return AML_SUCCESS;
}

template <class T> static std::vector<T> numbers(std::size_t count)
{
	std::vector<T> made(count);

	std::iota(made.begin(), made.end(), T(1));
	return made;
}

/* What must and must not compile. */
template <class Range, class = void> constexpr bool is_source = false;
template <class Range>
constexpr bool is_source<Range, std::void_t<decltype(aml::layout_of(std::declval<Range>()))>> =
	std::is_base_of_v<aml::const_layout, decltype(aml::layout_of(std::declval<Range>()))>;
template <class Dst, class Src, class = void> constexpr bool can_copy = false;
template <class Dst, class Src>
constexpr bool can_copy<Dst, Src,
			std::void_t<decltype(std::declval<aml::engine &>().copy(
				std::declval<Dst &>(), std::declval<Src &>()))>> = true;

static_assert(can_copy<aml::layout, aml::const_layout>);
static_assert(can_copy<aml::layout, aml::layout>);
static_assert(!can_copy<aml::const_layout, aml::layout>);
static_assert(is_source<const std::vector<int> &>);
static_assert(!is_source<int &>);
static_assert(
	std::is_same_v<decltype(aml::layout_of(std::declval<std::vector<int> &>())), aml::layout>);
static_assert(std::is_same_v<decltype(aml::layout_of(std::declval<const std::vector<int> &>())),
			     aml::const_layout>);
static_assert(!std::is_copy_constructible_v<aml::layout> &&
	      !std::is_copy_constructible_v<aml::request> &&
	      !std::is_copy_constructible_v<aml::engine> &&
	      !std::is_copy_constructible_v<aml::library>);
static_assert(std::is_nothrow_move_constructible_v<aml::layout> &&
	      std::is_nothrow_move_constructible_v<aml::request> &&
	      std::is_nothrow_move_constructible_v<aml::engine>);
static_assert(!std::is_convertible_v<aml::const_layout, aml::layout>);
/* Lists are read where they lie: contiguous, and of exactly the type. */
static_assert(std::is_convertible_v<std::vector<std::size_t> &, aml::sizes> &&
	      std::is_convertible_v<const std::array<std::size_t, 2> &, aml::sizes> &&
	      std::is_convertible_v<std::vector<std::ptrdiff_t> &, aml::distances>);
static_assert(!std::is_convertible_v<std::vector<int> &, aml::sizes> &&
	      !std::is_convertible_v<std::list<std::size_t> &, aml::sizes>);
static_assert(std::is_convertible_v<aml::engine &, aml::engine_ref>);
static_assert(std::is_copy_constructible_v<aml::engine_ref>);

static void test_handles_own_and_move()
{
	std::vector<int> memory = numbers<int>(6);
	aml::layout empty, first = aml::layout_of(memory);
	aml_layout *raw = first.get();

	EXPECT(!empty && empty.ndims() == 0 && empty.dims().empty() && empty.element_size() == 0);
	EXPECT(first && first.ndims() == 1 && first.element_size() == sizeof(int));
	EXPECT(first.dims() == std::vector<std::size_t>{6});

	aml::layout second = std::move(first);
	EXPECT(!first && second.get() == raw);
	aml::layout &same = second;
	second = std::move(same);
	EXPECT(second.get() == raw);
	first = aml::layout_of(memory);
	first = std::move(second);
	EXPECT(!second && first.get() == raw);

	/* A layout that may be written may become one that may be read. */
	aml::const_layout readable = std::move(first);
	EXPECT(!first && readable.get() == raw);
	raw = readable.release();
	EXPECT(!readable);
	aml::const_layout adopted(raw);
	EXPECT(adopted.get() == raw);

	aml::engine engine(1), other(0);
	aml_dma *dma = engine.get();
	other = std::move(engine);
	EXPECT(!engine && other.get() == dma);
	aml::engine_ref ref = other;
	EXPECT(ref.get() == dma);
	EXPECT_ERROR(engine.barrier(), aml::errc::invalid);

	aml::request none;
	EXPECT(!none);
	EXPECT_ERROR(none.wait(), aml::errc::invalid);
	EXPECT_ERROR(none.test(), aml::errc::invalid);
	EXPECT_ERROR(none.cancel(), aml::errc::invalid);
	EXPECT_ERROR(none.future(), aml::errc::invalid);
}

/* An aml::layout never describes memory that may only be read. */
static void test_writable_layouts_stay_writable()
{
	static const int constant[3] = {1, 2, 3};
	std::vector<int> memory(3), other(3);
	aml::engine engine(1);
	aml::layout layout = aml::layout_of(memory);
	aml::const_layout &base = layout;

	base = aml::layout_of(constant);
	EXPECT(!layout);
	EXPECT_ERROR(engine.copy(layout, aml::layout_of(other)), aml::errc::invalid);
	base = aml::const_layout(aml::layout_of(memory));
	EXPECT(!layout);
	/* Of memory that may be written, it takes the layout, and is the same after it. */
	base = aml::layout_of(other);
	EXPECT(layout);
	engine.copy(layout, aml::layout_of(constant));
	EXPECT((other == std::vector<int>{1, 2, 3}));
	layout = aml::layout_of(memory);
	engine.copy(layout, aml::layout_of(constant));
	EXPECT((memory == std::vector<int>{1, 2, 3}));

	aml::layout adopted(layout.release());
	aml::const_layout &base_of_adopted = adopted;
	base_of_adopted = aml::layout_of(constant);
	EXPECT(!adopted);
	aml::layout moved = aml::layout_of(memory), last = std::move(moved);
	aml::const_layout &base_of_last = last;
	base_of_last = aml::layout_of(constant);
	EXPECT(!last);
	/* A const_layout takes both. */
	aml::const_layout readable = aml::layout_of(constant);
	readable = aml::layout_of(memory);
	EXPECT(readable);
	readable = aml::layout_of(constant);
	EXPECT(readable);
}

static void test_memory_of_cxx()
{
	aml::engine engine(1);
	const std::vector<int> from = numbers<int>(5);
	std::array<int, 5> middle{};
	int to[5] = {};

	engine.copy(aml::layout_of(middle), aml::layout_of(from));
	engine.copy(aml::layout_of(to), aml::layout_of(middle));
	EXPECT(std::equal(from.begin(), from.end(), to));

	/* The memory of a temporary view lasts. */
	const std::string text = "text";
	std::string copied(4, ' ');
	static_assert(
		std::is_same_v<decltype(aml::layout_of(std::string_view())), aml::const_layout>);
	engine.copy(aml::layout_of(copied), aml::layout_of(std::string_view(text)));
	EXPECT(copied == text);

	/* Each element of an array of arrays is an array. */
	double rows[3][4] = {};
	EXPECT((aml::layout_of(rows).dims() == std::vector<std::size_t>{3}));
	EXPECT(aml::layout_of(rows).element_size() == sizeof(double[4]));

	std::vector<int> nothing;
	engine.copy(aml::layout_of(nothing), aml::layout_of(std::as_const(nothing)));
#ifdef __cpp_lib_span
	std::vector<int> part(3);
	engine.copy(aml::layout_of(std::span(part)), aml::layout_of(std::span(from).subspan(1, 3)));
	EXPECT((part == std::vector<int>{2, 3, 4}));
	static_assert(std::is_same_v<decltype(aml::layout_of(std::span<const int>())),
				     aml::const_layout>);
	static_assert(
		std::is_same_v<decltype(aml::layout_of(std::span<int, 3>(part))), aml::layout>);
	/* An empty span lies at no address. */
	engine.copy(aml::layout_of(std::span<int>()), aml::layout_of(std::span<const int>()));
#endif
}

static void test_layouts_of_several_dimensions()
{
	aml::engine engine(1);
	std::vector<double> a = numbers<double>(12), b(12), c(6);
	const double *readable = a.data();
	aml::const_layout rows = aml::dense_layout(readable, aml::order::row_major, {3, 4});

	/* The same coordinates, stored column by column. */
	aml::layout columns = aml::steps_layout(b.data(), aml::order::row_major, {3, 4}, {8, 24});
	engine.copy(columns, rows);
	for (std::size_t i = 0; i < 3; i++)
		for (std::size_t k = 0; k < 4; k++)
			EXPECT(b[k * 3 + i] == a[i * 4 + k]);

	/* Every second column of the last two rows, from right to left: the numbers are 1 to 12. */
	aml::const_layout part = rows.slice({1, 0}, {2, 2}, {1, 2}).reverse(1);
	EXPECT((part.dims() == std::vector<std::size_t>{2, 2}));
	engine.copy(aml::dense_layout(c.data(), aml::order::row_major, {2, 2}), part);
	EXPECT((c == std::vector<double>{7, 5, 11, 9, 0, 0}));

	/* Lists of extents may be in any container. A duplicate, and two other shapes. */
	const std::vector<std::size_t> shape{2, 6};
	engine.copy(aml::dense_layout(b.data(), aml::order::row_major, shape),
		    rows.duplicate().reshape(std::array<std::size_t, 2>{2, 6}));
	EXPECT(b == a);
	aml::const_layout block = rows.slice({0, 1}, {3, 2});
	engine.copy(aml::layout_of(c),
		    aml::reshape_layout(std::move(block), aml::order::row_major, {6}));
	EXPECT(!block && (c == std::vector<double>{2, 3, 6, 7, 10, 11}));

	/* A border of zeros around one element, by pitches a part of a row of 3. */
	aml::layout one = aml::dense_layout(&a[5], aml::order::row_major, {1, 1});
	aml::layout border =
		aml::pad_layout(std::move(one), aml::order::row_major, {1, 3}, 0.0, {0, 1});
	c.assign(6, 9);
	engine.copy(aml::dense_layout(c.data(), aml::order::row_major, {1, 3}, {}, {2, 3}), border);
	EXPECT(!one && (c == std::vector<double>{0, 6, 0, 9, 9, 9}));
}

/* The type of the elements may be named: a number is converted, as in any call. */
static void test_pads_of_a_named_type()
{
	aml::engine engine(1);
	std::error_code ec;
	std::vector<float> a{1, 2}, b(4);
	const std::vector<float> &readable = a;
	aml::layout pad =
		aml::pad_layout<float>(aml::layout_of(a), aml::order::row_major, {4}, 1, {1});

	engine.copy(aml::layout_of(b), pad);
	EXPECT((b == std::vector<float>{1, 1, 2, 1}));
	pad = aml::pad_layout<float>(aml::layout_of(a), aml::order::row_major, {3}, -2, {}, ec);
	EXPECT(!ec);
	engine.copy(aml::dense_layout(b.data(), aml::order::row_major, {3}), pad);
	EXPECT((b == std::vector<float>{1, 2, -2, 1}));
	aml::const_layout source =
		aml::pad_layout<float>(aml::layout_of(readable), aml::order::row_major, {4}, {});
	engine.copy(aml::layout_of(b), source);
	EXPECT((b == std::vector<float>{1, 2, 0, 0}));

	aml::layout target = aml::layout_of(a);
	EXPECT_ERROR(aml::pad_layout<double>(std::move(target), aml::order::row_major, {4}, 1),
		     aml::errc::invalid);
	EXPECT(target);
	/* Arguments of the template as the other form has them. */
	pad = aml::pad_layout<aml::layout, float>(std::move(target), aml::order::row_major, {2},
						  1.0f);
	pad = aml::pad_layout<aml::layout>(std::move(pad), aml::order::row_major, {2}, 1.0f);
}

static void test_wrong_arguments()
{
	aml::engine engine(1);
	std::vector<double> a = numbers<double>(12), b(12, 5.0);
	aml::layout rows = aml::dense_layout(a.data(), aml::order::row_major, {3, 4});
	double *null = nullptr;

	EXPECT_ERROR(aml::dense_layout(null, aml::order::row_major, {3, 4}), aml::errc::invalid);
	EXPECT_ERROR(aml::dense_layout(a.data(), aml::order::row_major, {}), aml::errc::invalid);
	EXPECT_ERROR(aml::dense_layout(a.data(), aml::order::row_major, {3, 4}, {1}),
		     aml::errc::invalid);
	EXPECT_ERROR(aml::dense_layout(a.data(), aml::order::row_major, {3, 4}, {}, {1}),
		     aml::errc::invalid);
	EXPECT_ERROR(aml::steps_layout(a.data(), aml::order::row_major, {3, 4}, {8}),
		     aml::errc::invalid);
	EXPECT_ERROR(rows.slice({0}, {1, 1}), aml::errc::invalid);
	EXPECT_ERROR(rows.slice({0, 0}, {1}), aml::errc::invalid);
	EXPECT_ERROR(rows.slice({0, 0}, {1, 1}, {1, 1, 1}), aml::errc::invalid);
	EXPECT_ERROR(rows.slice({2, 0}, {2, 4}), aml::errc::invalid);
	EXPECT_ERROR(rows.reshape({5, 5}), aml::errc::invalid);
	EXPECT_ERROR(rows.reverse(2), aml::errc::invalid);
	EXPECT_ERROR(aml::layout().duplicate(), aml::errc::invalid);
	EXPECT_ERROR(aml::pad_layout(std::move(rows), aml::order::row_major, {4}, 0.0),
		     aml::errc::invalid);
	EXPECT_ERROR(aml::pad_layout(std::move(rows), aml::order::row_major, {4, 4}, 0.0f),
		     aml::errc::invalid);
	EXPECT_ERROR(aml::reshape_layout(std::move(rows), aml::order::row_major, {5}),
		     aml::errc::invalid);
	EXPECT(rows && "on an error the target keeps its layout");

	/* Layouts that do not match: nothing is written. */
	aml::layout other = aml::dense_layout(b.data(), aml::order::row_major, {4, 3});
	EXPECT_ERROR(engine.copy(other, rows), aml::errc::invalid);
	EXPECT_ERROR(engine.async_copy(other, rows), aml::errc::invalid);
	EXPECT_ERROR(engine.copy(aml::layout(), rows), aml::errc::invalid);
	EXPECT(b == std::vector<double>(12, 5.0));

	std::vector<float> narrow(12);
	EXPECT_ERROR(
		engine.copy(aml::dense_layout(narrow.data(), aml::order::row_major, {3, 4}), rows),
		aml::errc::invalid);

	aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;
	attr.flags = 0x80;
	EXPECT_ERROR(aml::engine(attr), aml::errc::invalid);
}

static void test_errors_have_texts_and_codes()
{
	aml::engine engine(1);
	std::vector<int> a(1), b(1);
	bool thrown = false;

	aml::request request =
		engine.async_copy(aml::layout_of(a), aml::layout_of(b), fail_with_domain);

	try {
		request.wait();
	} catch (const aml::error &e) {
		thrown = true;
		EXPECT(e.code() == aml::errc::domain);
		EXPECT(e.code().category() == aml::error_category());
		EXPECT(e.code().message() == aml_strerror(AML_EDOM));
		EXPECT(std::string(e.what()).find(aml_strerror(AML_EDOM)) != std::string::npos);
	}
	EXPECT(thrown && !request);
	EXPECT(std::string(aml::error_category().name()) == "aml-dma");

	std::error_code ec = aml::errc::busy;
	engine.copy(aml::layout_of(a), aml::layout_of(b), ec);
	EXPECT(!ec);
	engine.copy(aml::layout_of(a), aml::layout_of(b), fail_with_domain, nullptr, ec);
	EXPECT(ec == aml::errc::domain && ec != aml::errc::busy);
	EXPECT(aml::make_error_code(-AML_EPERM) == aml::errc::not_permitted);
	EXPECT(aml::make_error_code(AML_EPERM) == aml::errc::not_permitted);
	EXPECT(aml::make_error_code(INT_MIN).value() == INT_MAX);
	EXPECT(aml::make_error_code(-INT_MAX).value() == INT_MAX);
}

/* Wait for a request that runs: a past time returns at once, a far one when it has ended. */
template <class Wait> static void expect_past(aml::engine &engine, Wait wait)
{
	std::vector<int> a(1), b(1);
	Gate gate;
	aml::request gated =
		engine.async_copy(aml::layout_of(b), aml::layout_of(a), Gate::run, &gate);

	gate.wait_until_it_runs();
	EXPECT(!wait(gated) && gated && !gate.ended);
	gate.let_it_end();
	gated.wait();
}

template <class Wait> static void expect_far(aml::engine &engine, Wait wait)
{
	std::vector<int> a(1), b(1);
	Gate gate;
	aml::request gated =
		engine.async_copy(aml::layout_of(b), aml::layout_of(a), Gate::run, &gate);
	std::thread opens([&gate] {
		gate.wait_until_it_runs();
		gate.let_it_end();
	});

	EXPECT(wait(gated) && !gated && gate.ended);
	opens.join();
}

template <class Duration>
static void expect_limits(aml::engine &engine, Duration low, Duration high)
{
	using point = std::chrono::time_point<std::chrono::steady_clock, Duration>;

	expect_past(engine, [low](aml::request &r) { return r.wait_for(low); });
	expect_past(engine, [low](aml::request &r) { return r.wait_until(point(low)); });
	expect_far(engine, [high](aml::request &r) { return r.wait_for(high); });
	expect_far(engine, [high](aml::request &r) { return r.wait_until(point(high)); });
}

template <class Duration> static void expect_limits(aml::engine &engine)
{
	expect_limits(engine, Duration::min(), Duration::max());
}

/* Times that are no number of nanoseconds, of every kind of number. */
static void test_limits_of_times()
{
	using namespace std::chrono;
	using picoseconds = duration<std::int64_t, std::pico>;
	aml::engine engine(1);
	constexpr double infinity = std::numeric_limits<double>::infinity();

	expect_limits<nanoseconds>(engine);
	expect_limits<seconds>(engine);
	expect_limits<hours>(engine);
	expect_limits<duration<std::int64_t, std::ratio<1, 3>>>(engine);
	expect_limits<duration<double>>(engine);
	expect_limits<duration<float, std::milli>>(engine);
	expect_limits<duration<std::uint64_t, std::micro>>(engine);
	expect_limits(engine, duration<double>(-infinity), duration<double>(infinity));
	/* The largest number of these is 106 days, for which the machine may have run. */
	expect_past(engine, [](aml::request &r) { return r.wait_for(picoseconds::min()); });
	expect_far(engine, [](aml::request &r) { return r.wait_for(picoseconds::max()); });
	expect_limits(engine, hours(-24 * 365 * 300), hours(24 * 365 * 300));
	expect_past(engine, [](aml::request &r) { return r.wait_for(picoseconds(1000)); });
	expect_past(engine, [](aml::request &r) {
		return r.wait_for(duration<double>(std::numeric_limits<double>::quiet_NaN()));
	});
	expect_far(engine, [](aml::request &r) {
		return r.wait_until(steady_clock::now() + duration<double>(3600));
	});

	/* Never early: a part of a nanosecond counts as a whole one. */
	using aml::detail::deadline;
	using sub = time_point<steady_clock, picoseconds>;
	using whole = time_point<steady_clock, nanoseconds>;
	EXPECT(deadline(sub(picoseconds(1))) == 1 && deadline(sub(picoseconds(2001))) == 3);
	EXPECT(deadline(sub(picoseconds(2000))) == 2);
	EXPECT(deadline(whole(nanoseconds(0))) == 0 && deadline(whole(nanoseconds(-1))) == 0);
	EXPECT(deadline(whole(nanoseconds(1234567890123456789))) == 1234567890123456789);
	EXPECT(deadline(whole(hours(24 * 365 * 100))) == AML_DMA_NO_DEADLINE);
	EXPECT(deadline(whole(hours(24 * 365 * 100) - nanoseconds(1))) == 3153599999999999999);
}

/* The codes are those of the standard, where it has such a code. */
static void test_codes_of_the_standard()
{
	const std::pair<aml::errc, std::errc> same[] = {
		{aml::errc::no_memory, std::errc::not_enough_memory},
		{aml::errc::invalid, std::errc::invalid_argument},
		{aml::errc::domain, std::errc::argument_out_of_domain},
		{aml::errc::not_supported, std::errc::not_supported},
		{aml::errc::busy, std::errc::device_or_resource_busy},
		{aml::errc::not_permitted, std::errc::operation_not_permitted},
	};

	for (const auto &[mine, standard] : same) {
		const std::error_code code = mine;

		EXPECT(code == standard);
		for (const auto &other : same)
			EXPECT((code == other.second) == (other.second == standard));
		EXPECT(code != std::make_error_code(standard));
	}
	const std::error_code failure = aml::errc::failure;
	EXPECT(failure.default_error_condition().category() == aml::error_category());
	EXPECT(failure.default_error_condition().value() == AML_FAILURE);
	EXPECT(!aml::make_error_code(AML_SUCCESS).default_error_condition());
}

static void test_waits()
{
	using namespace std::chrono_literals;
	aml::engine engine(1);
	std::vector<int> a = numbers<int>(4), b(4);
	Gate gate;
	std::error_code ec;
	aml::request gated =
		engine.async_copy(aml::layout_of(b), aml::layout_of(a), Gate::run, &gate);

	gate.wait_until_it_runs();
	EXPECT(!gated.test() && gated);
	EXPECT(!gated.wait_for(0ns) && !gated.wait_for(-5s) && gated);
	EXPECT(!gated.wait_until(std::chrono::steady_clock::now()) && gated);
	EXPECT(!gated.wait_until(std::chrono::steady_clock::time_point::min()));
	EXPECT(!gated.wait_for(1ms, ec) && !ec && gated);
	gate.let_it_end();
	EXPECT(gated.wait_for(std::chrono::hours::max()) && !gated && gate.ended);

	/* A posted copy needs its layouts no longer. */
	aml::request copy = engine.async_copy(aml::layout_of(b), aml::layout_of(a));
	copy.wait();
	EXPECT(b == a && !copy);

	aml::request failed =
		engine.async_copy(aml::layout_of(b), aml::layout_of(a), fail_with_domain);
	while (!failed.test(ec))
		std::this_thread::yield();
	EXPECT(ec == aml::errc::domain && !failed);
	failed = engine.async_copy(aml::layout_of(b), aml::layout_of(a), fail_with_domain);
	EXPECT_ERROR(failed.wait_for(1h), aml::errc::domain);

	failed = engine.async_copy(aml::layout_of(b), aml::layout_of(a), fail_with_domain);
	EXPECT_ERROR(engine.barrier(), aml::errc::domain);
	engine.barrier();
	EXPECT_ERROR(failed.wait(), aml::errc::domain);
}

static void test_destructors_stop_requests()
{
	aml::engine engine(1);
	std::vector<int> a(4), b(4);
	std::atomic<int> runs{0};
	Gate gate;
	aml::request gated =
		engine.async_copy(aml::layout_of(b), aml::layout_of(a), Gate::run, &gate);

	gate.wait_until_it_runs();
	{
		aml::request queued =
			engine.async_copy(aml::layout_of(b), aml::layout_of(a), count_run, &runs);
		aml::request moved = std::move(queued);
		EXPECT(!queued && moved);
		/* Assigning drops the request that was there. */
		moved = engine.async_copy(aml::layout_of(b), aml::layout_of(a), count_run, &runs);
	}
	gate.let_it_end();
	/* The destructor of a request that runs returns after it has ended. */
	gated = aml::request();
	EXPECT(gate.ended);
	engine.barrier();
	EXPECT(runs == 0);

	std::error_code ec;
	Gate second;
	gated = engine.async_copy(aml::layout_of(b), aml::layout_of(a), Gate::run, &second);
	second.wait_until_it_runs();
	aml::request cancelled =
		engine.async_copy(aml::layout_of(b), aml::layout_of(a), count_run, &runs);
	EXPECT(engine.cancel_all() == 1);
	EXPECT_ERROR(cancelled.wait(), aml::errc::failure);
	cancelled = engine.async_copy(aml::layout_of(b), aml::layout_of(a), count_run, &runs);
	cancelled.cancel();
	EXPECT(!cancelled && runs == 0);
	second.let_it_end();
	gated.wait();
}

static void test_the_engine_runs_what_is_left()
{
	std::atomic<int> runs{0};
	std::vector<int> a(4), b(4);

	{
		aml::engine engine(1);
		for (int i = 0; i < 10; i++) {
			aml::request one = engine.async_copy(aml::layout_of(b), aml::layout_of(a),
							     count_run, &runs);
			/* The engine releases a handle that nobody has. */
			EXPECT(one.release() != nullptr);
		}
	}
	EXPECT(runs == 10);
}

static void test_bound_of_an_engine()
{
	aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;

	attr.num_threads = 1;
	attr.max_unfinished = 1;
	aml::engine engine(attr);
	std::vector<int> a(4), b(4);
	Gate gate;
	std::error_code ec;
	aml::request gated =
		engine.async_copy(aml::layout_of(b), aml::layout_of(a), Gate::run, &gate);
	aml::request refused = engine.async_copy(aml::layout_of(b), aml::layout_of(a), ec);

	EXPECT(ec == aml::errc::busy && !refused);
	EXPECT_ERROR(engine.async_copy(aml::layout_of(b), aml::layout_of(a)), aml::errc::busy);
	/* So does the future, which is a request of its own. The handle stays. */
	EXPECT_ERROR(gated.future(), aml::errc::busy);
	EXPECT(gated);
	/* A copy with its future is refused as a whole. */
	EXPECT_ERROR(engine.async_copy_future(aml::layout_of(b), aml::layout_of(a)),
		     aml::errc::busy);
	std::future<std::error_code> none =
		engine.async_copy_future(aml::layout_of(b), aml::layout_of(a), ec);
	EXPECT(ec == aml::errc::busy && !none.valid());
	gate.let_it_end();
	gated.wait();

	/* It takes one place. */
	a = numbers<int>(4);
	engine.async_copy_future(aml::layout_of(b), aml::layout_of(a)).get();
	EXPECT(b == a);
	engine.barrier();
	b.assign(4, 0);
	EXPECT(!engine.async_copy_future(aml::layout_of(b), aml::layout_of(a), ec).get() && !ec);
	EXPECT(b == a);
}

static void test_copies_with_futures()
{
	aml::engine engine(1);
	aml::layout empty;
	std::vector<int> a = numbers<int>(1000), b(1000);
	std::atomic<int> runs{0};
	std::error_code ec;
	Gate gate;
	std::future<void> gated =
		engine.async_copy_future(aml::layout_of(b), aml::layout_of(a), Gate::run, &gate);
	std::future<std::error_code> counted = aml::engine_ref(engine).async_copy_future(
		aml::layout_of(b), aml::layout_of(a), count_run, &runs, ec);

	EXPECT(!ec && gated.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
	gate.let_it_end();
	gated.get();
	EXPECT(!counted.get() && runs == 1);

	EXPECT_ERROR(
		engine.async_copy_future(aml::layout_of(b), aml::layout_of(a), fail_with_domain)
			.get(),
		aml::errc::domain);
	EXPECT(engine.async_copy_future(aml::layout_of(b), aml::layout_of(a), fail_with_domain,
					nullptr, ec)
		       .get() == aml::errc::domain);
	EXPECT_ERROR(engine.async_copy_future(empty, aml::layout_of(a)), aml::errc::invalid);
	EXPECT_ERROR(engine.async_copy_future(empty, aml::const_layout()), aml::errc::invalid);
	/* A future that nobody keeps: the copy runs all the same. */
	static_cast<void>(engine.async_copy_future(aml::layout_of(b), aml::layout_of(a)));
	engine.barrier();
	EXPECT(b == a);
}

static void test_futures()
{
	aml::engine engine(2);
	std::vector<int> a = numbers<int>(1000), b(1000);
	std::error_code ec;
	Gate gate;
	aml::request gated =
		engine.async_copy(aml::layout_of(b), aml::layout_of(a), Gate::run, &gate);
	std::future<void> later = gated.future();

	EXPECT(!gated && later.valid());
	EXPECT(later.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
	gate.let_it_end();
	later.get();
	EXPECT(gate.ended);

	std::vector<std::vector<int>> copies(50, std::vector<int>(1000));
	std::vector<std::future<void>> futures;
	for (auto &copy : copies)
		futures.push_back(
			engine.async_copy(aml::layout_of(copy), aml::layout_of(a)).future());
	for (auto &future : futures)
		future.get();
	for (auto &copy : copies)
		EXPECT(copy == a);

	/* A failure, thrown and as a code; also of a request that has finished before. */
	aml::request failed =
		engine.async_copy(aml::layout_of(b), aml::layout_of(a), fail_with_domain);
	EXPECT_ERROR(engine.barrier(), aml::errc::domain);
	EXPECT_ERROR(failed.future().get(), aml::errc::domain);
	failed = engine.async_copy(aml::layout_of(b), aml::layout_of(a), fail_with_domain);
	EXPECT(failed.future(ec).get() == aml::errc::domain && !ec);
	EXPECT(!engine.async_copy(aml::layout_of(b), aml::layout_of(a)).future(ec).get());

	/* A future that nobody keeps. */
	static_cast<void>(engine.async_copy(aml::layout_of(b), aml::layout_of(a)).future());

	/* Cancelled requests: the future says so. */
	aml::engine single(1);
	Gate busy;
	aml::request running =
		single.async_copy(aml::layout_of(b), aml::layout_of(a), Gate::run, &busy);
	busy.wait_until_it_runs();
	std::future<void> never = single.async_copy(aml::layout_of(b), aml::layout_of(a)).future();
	EXPECT(single.cancel_all() == 2);
	EXPECT_ERROR(never.get(), aml::errc::failure);
	busy.let_it_end();
	running.wait();

	/* Without workers, progress makes a future ready. */
	aml::engine lazy(0);
	std::future<void> idle = lazy.async_copy(aml::layout_of(b), aml::layout_of(a)).future();
	EXPECT(idle.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
	EXPECT(aml_dma_progress(lazy.get(), 2, nullptr) == AML_SUCCESS);
	idle.get();
}

static void test_several_threads()
{
	aml::engine engine(2);
	std::vector<std::thread> threads;
	std::atomic<int> wrong{0};

	for (int t = 0; t < 4; t++)
		threads.emplace_back([&engine, &wrong, t] {
			std::vector<int> a(300, t), b(300);

			for (int i = 0; i < 50; i++) {
				std::fill(b.begin(), b.end(), -1);
				aml::request request =
					engine.async_copy(aml::layout_of(b), aml::layout_of(a));
				if (i % 2)
					request.wait();
				else
					request.future().get();
				wrong += b != a;
			}
		});
	for (auto &thread : threads)
		thread.join();
	EXPECT(wrong == 0);
}

static void test_library()
{
	std::vector<int> a = numbers<int>(3), b(3);

	{
		aml::library library;
		aml::library moved = std::move(library);

		EXPECT(library.shared_engine().get() == nullptr);
		EXPECT(moved.shared_engine().get() == aml_dma_linux && aml_dma_linux != nullptr);
		moved.shared_engine().copy(aml::layout_of(b), aml::layout_of(a));
	}
	EXPECT(b == a && aml_dma_linux == nullptr);
}

#ifdef MDSPAN
/* A mapping that is not strided. */
struct scattered {
	template <class Extents> class mapping : public std::layout_stride::mapping<Extents>
	{
	      public:
		using layout_type = scattered;
		using std::layout_stride::mapping<Extents>::mapping;
		static constexpr bool is_always_strided() noexcept
		{
			return false;
		}
		bool is_strided() const noexcept
		{
			return false;
		}
	};
};

static void test_mdspan()
{
	using extents = std::dextents<std::size_t, 2>;
	aml::engine engine(1);
	std::vector<double> a = numbers<double>(12), b(12), c(4);
	std::mdspan<const double, extents> rows(a.data(), 3, 4);
	std::mdspan<double, extents, std::layout_left> columns(b.data(), 3, 4);

	static_assert(std::is_same_v<decltype(aml::layout_of(rows)), aml::const_layout>);
	static_assert(std::is_same_v<decltype(aml::layout_of(columns)), aml::layout>);
	EXPECT((aml::layout_of(rows).dims() == std::vector<std::size_t>{3, 4}));
	/* Indices match, wherever the elements lie. */
	engine.copy(aml::layout_of(columns), aml::layout_of(rows));
	for (std::size_t i = 0; i < 3; i++)
		for (std::size_t k = 0; k < 4; k++)
			EXPECT(b[k * 3 + i] == a[i * 4 + k]);

	/* Rows 0 and 2, columns 1 and 3. */
	std::layout_stride::mapping<extents> every_second(extents(2, 2),
							  std::array<std::size_t, 2>{8, 2});
	std::mdspan<double, extents, std::layout_stride> part(&a[1], every_second);
	engine.copy(aml::layout_of_view(std::mdspan<double, extents>(c.data(), 2, 2)),
		    aml::layout_of(part));
	EXPECT((c == std::vector<double>{2, 4, 10, 12}));

	/* No dimension: one element. An extent of 0: nothing. */
	std::mdspan<double, std::dextents<int, 0>> one(&c[3]);
	engine.copy(aml::layout_of(one),
		    aml::layout_of(std::mdspan<double, std::dextents<int, 1>>(&a[6], 1)));
	EXPECT(c[3] == 7);
	engine.copy(aml::layout_of(std::mdspan<double, extents>(c.data(), 0, 2)),
		    aml::layout_of(std::mdspan<double, extents>(a.data(), 0, 2)));

	std::mdspan<double, extents, scattered> odd(
		a.data(),
		scattered::mapping<extents>(extents(2, 2), std::array<std::size_t, 2>{2, 1}));
	EXPECT_ERROR(aml::layout_of(odd), aml::errc::not_supported);
}
#endif

int main()
{
	test_handles_own_and_move();
	test_writable_layouts_stay_writable();
	test_memory_of_cxx();
	test_layouts_of_several_dimensions();
	test_pads_of_a_named_type();
	test_wrong_arguments();
	test_errors_have_texts_and_codes();
	test_codes_of_the_standard();
	test_waits();
	test_limits_of_times();
	test_destructors_stop_requests();
	test_the_engine_runs_what_is_left();
	test_bound_of_an_engine();
	test_copies_with_futures();
	test_futures();
	test_several_threads();
	test_library();
#ifdef MDSPAN
	test_mdspan();
#endif
	return 0;
}
